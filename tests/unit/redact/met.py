"""Where secrets stand in what support engineers are sent: a form each, with SECRET in its place."""

from __future__ import annotations

import random
import string

from tests.unit.redact.planted import BASE64, HEX, LETTERS, UPPER, some

LOWER = string.ascii_lowercase + string.digits

#: By the signs and the number of them that the secret has.
TOKENS: dict[str, tuple[str, int]] = {
    "used SECRET": ("LTAI:" + LETTERS, 20),
    "SecretId: SECRET": ("AKID:" + LETTERS, 32),
    "refresh SECRET": ("1//0:" + LETTERS, 60),
    "x SECRET ": ("glffct-:" + LETTERS, 20),
    "sonar.login=SECRET": ("squ_:" + HEX, 40),
    "figma SECRET": ("figd_:" + LETTERS, 40),
    "SECRET is refused": ("nfp_:" + LETTERS, 36),
    "with SECRET": ("sbp_:" + HEX, 40),
    "cargo login SECRET": ("cio:" + LETTERS, 32),
    "unlock key SECRET": ("SWMKEY-1-:" + LETTERS, 43),
    "join --token SECRET 10.0.0.1:2377": ("SWMTKN-1-:" + LOWER, 50),
    "key SECRET": ("oy2a:" + LOWER, 42),
    "bb SECRET": ("ATBB:" + LETTERS, 32),
    "bk SECRET": ("bkua_:" + HEX, 40),
    "login as token-abcde:SECRET": (":" + LOWER, 54),
    "X-Amz-Date=1&X-Amz-Signature=SECRET": (":" + HEX, 64),
    "?Expires=179&Signature=SECRET&x": (":" + LETTERS, 40),
    "GET /v1/x?key=SECRET&a=1": (":" + LETTERS, 39),
    "GET /callback?code=SECRET&state=1": (":" + LETTERS, 32),
    "AZURE_DEVOPS_EXT_PAT=SECRET": (":" + LOWER, 52),
    "_auth=SECRET": (":" + BASE64, 20),
    "DD-APPLICATION-KEY: SECRET": (":" + HEX, 40),
    "Ocp-Apim-Subscription-Key: SECRET": (":" + HEX, 32),
    "    client-key-data: SECRET==": (":" + BASE64, 300),
    "bob:{SHA}SECRET=": (":" + BASE64, 27),
    "userPassword: {SSHA}SECRET": (":" + BASE64, 32),
    "userPassword:: SECRET": (":" + BASE64, 44),
    "pbkdf2_sha256$260000$abcdefgh$SECRET=": (":" + BASE64, 43),
    "scrypt:32768:8:1$abcd1234$SECRET": (":" + HEX, 128),
    "SCRAM-SHA-256$4096:c2FsdHNhbHQ=$SECRET=:x": (":" + BASE64, 43),
    "| bob | % | *SECRET |": (":0123456789ABCDEF", 40),
    "bob:1001:aad3b435b51404eeaad3b435b51404ee:SECRET:::": (":" + HEX, 32),
    "PresharedKey = SECRET=": (":" + BASE64, 43),
    "WWW-Authenticate: Negotiate SECRET==": (":" + BASE64, 60),
    'Authorization: Digest username="b", realm="a", response="SECRET"': (":" + HEX, 32),
    '{"set-cookie": ["sid=SECRET; Path=/"]}': (":" + LETTERS, 26),
    "('Cookie', 'sid=SECRET; a=b')": (":" + LETTERS, 26),
    '{"name": "Cookie", "value": "sid=SECRET"}': (":" + LETTERS, 26),
    '{"name": "JSESSIONID", "value": "SECRET"}': (":" + UPPER, 32),
    'RABBITMQ_ERLANG_COOKIE="SECRET"': (":" + UPPER, 20),
    "erl -name a@b -setcookie SECRET": (":" + UPPER, 20),
    "APP_KEY=base64:SECRET=": (":" + BASE64, 43),
    "define('NONCE_SALT', 'SECRET');": (":" + LETTERS + "!#%^(){}", 64),
    '{"kty":"oct","k":"SECRET"}': (":" + LETTERS, 43),
    '{"github-oauth": {"github.com": "SECRET"}}': (":" + LETTERS, 30),
    "oathtool --totp -b SECRET": (":ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16),
    "Your new secret key is: SECRET": (":ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 32),
    "kind: Secret\ndata:\n  creds: SECRET\n": (":" + BASE64, 24),
    '{"data": {"creds": "SECRET"}, "kind": "Secret"}': (":" + BASE64, 24),
    "$ANSIBLE_VAULT;1.1;AES256\nSECRET\n": (":" + HEX, 80),
    "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nSECRET\n"
    "---- END SSH2 ENCRYPTED PRIVATE KEY ----": (":" + BASE64, 64),
    "privateExponent:\n    00:SECRET": (":" + HEX, 2),
}  # fmt: skip

#: With a password.
PASSWORDS = (
    "az login --service-principal -u app -p SECRET --tenant t",
    "docker login -u bob -p SECRET registry.example.com",
    "mysql -u root -p'SECRET' app",
    "['mysql', '-u', 'root', '-pSECRET']",
    "mysql\0-u\0root\0-pSECRET\0",
    "mongosh -u bob -p SECRET --authenticationDatabase admin",
    "sqlcmd -S db -U sa -P SECRET -Q 'select 1'",
    "ldapsearch -x -D cn=admin -w SECRET -b dc=a",
    "ipmitool -H h -U ADMIN -P SECRET power status",
    "snmpwalk -v2c -c SECRET 10.0.0.1 system",
    "snmpwalk -v3 -u bob -a SHA -A SECRET host",
    "keytool -list -keystore a.jks -storepass SECRET",
    "openssl enc -aes-256-cbc -k SECRET -in a",
    "openssl rsa -in k.pem -passin pass:SECRET",
    "ssh-keygen -t ed25519 -N SECRET -f k",
    "7z x -pSECRET a.7z",
    "zip -P SECRET a.zip b",
    "xfreerdp /u:bob /p:SECRET /v:h",
    "curl -sSubob:SECRET https://h",
    "http -a bob:SECRET GET h",
    "lftp -u bob,SECRET sftp://h",
    "smbclient //h/s -U bob%SECRET",
    "rabbitmqctl add_user bob SECRET",
    "net user bob SECRET /add",
    "net use Z: \\\\h\\s /user:ACME\\bob SECRET",
    "sqlplus system/SECRET@db:1521/XE",
    "echo 'root:SECRET' | chpasswd",
    "echo SECRET | sudo -S id",
    "app\0--password\0SECRET\0--verbose",
    'execve("/usr/bin/app", ["app", "--password", "SECRET"], 0x0) = 0',
    "        - name: DB_PASSWORD\n          value: SECRET",
    '{"name": "DB_PASSWORD", "value": "SECRET"}',
    '{"password": {"value": "SECRET"}}',
    '{"value": "SECRET", "type": "string", "sensitive": true}',
    '"passwords": ["SECRET", "SECRET"]',
    "passwords:\n  - SECRET\n  - SECRET",
    "password: >-\n  SECRET\nuser: a",
    "password = '''SECRET'''",
    "DRIVER={ODBC};UID=sa;PWD={SECRET}",
    '<input name="password" type="password" value="SECRET"/>',
    '<password encrypted="false">SECRET</password>',
    "<password><![CDATA[SECRET]]></password>",
    '<property name="jdbc.password" value="SECRET"/>',
    "<key>Password</key>\n<string>SECRET</string>",
    "<AdministratorPassword><Value>SECRET</Value>",
    "    DefaultPassword    REG_SZ    SECRET",
    'Content-Disposition: form-data; name="password"\r\n\r\nSECRET\r\n--b',
    '["password"]=>\n  string(10) "SECRET"',
    "define('DB_PASSWORD', 'SECRET');",
    'source.setPassword("SECRET");',
    "ConvertTo-SecureString 'SECRET' -AsPlainText -Force",
    "bindpw SECRET",
    "olcRootPW: SECRET",
    "requirepass SECRET",
    "rocommunity SECRET 10.0.0.0/8",
    "enable secret 0 SECRET",
    'bob : XAUTH "SECRET"',
    "ENV DB_PASSWORD SECRET",
    "SSHPASS=SECRET sshpass -e ssh",
    "REDISCLI_AUTH=SECRET redis-cli",
    "[sudo] password for bob: SECRET",
    "The initial admin password is SECRET",
    "A temporary password is generated for root@localhost: SECRET",
    "USER bob\n331 go on\nPASS SECRET\n230 in",
    "a1 LOGIN bob SECRET",
    "machine a.example.com password SECRET",
    'CREATE USER bob IDENTIFIED BY "SECRET"',
    "CREATE LOGIN bob WITH PASSWORD = N'SECRET'",
    "jdbc:oracle:thin:bob/SECRET@db:1521:XE",
    "postgresql://bob:a/SECRET@db/a",
    "smtp://bob@example.com:SECRET@mail:25",
    "bob:SECRET@tcp(db:3306)/app",
    "[mail.example.com]:587 bob@example.com:SECRET",
    "GET /reset?signature=SECRETSECRETSECRET",
)


def token(form: str, r: random.Random) -> tuple[str, str]:
    """A secret, and the form with it."""
    signs, count = TOKENS[form]
    prefix, _, body = signs.partition(":")
    if count == 2:
        secret = ":".join(some(r, HEX, 2) for _ in range(40))
    else:
        secret = prefix + "a1B"[: 3 if set("aB") <= set(body) else 0] + some(r, body, count)
        secret = secret[: len(prefix) + count]
    return secret, form.replace("SECRET", secret)


def password(form: str, r: random.Random) -> tuple[str, str]:
    """The same with a password as people choose them."""
    secret = some(r, string.ascii_uppercase, 1) + some(r, LOWER, 6) + some(r, string.digits, 2)
    secret += some(r, string.ascii_lowercase, 2)
    return secret, form.replace("SECRET", secret)

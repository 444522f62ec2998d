"""Secrets that can be told by what stands around them: headers, addresses, files, statements."""

from __future__ import annotations

import re

from repro.redact.kind import ANY_CASE, B64, kind

#: Between the name of a header and its value: as sent, in a mapping, a pair, an HTTP archive.
_IS = r"""["']?\s{0,3}(?:[:=]|,\s{0,3}["']value["']\s{0,3}:|,)\s{0,3}[\[(]?b?["']?"""
#: The parameters of an authorization (RFC 9110, section 11.4), quotes escaped or not.
_PARAMETERS = r"""(?:[ \t,]{0,3}[\w-]{1,40}=(?:\\?"[^"\n]{0,4096}"|[^\s,"'\\]{1,4096})){1,20}"""

PLACES = (
    kind("authorization", "authorization",
         rf"""authorization{_IS}((?:[A-Za-z][\w-]{{0,30}} {{1,3}}){_PARAMETERS}"""
         r"""|(?:[A-Za-z][\w-]{0,30} {1,3})?[^\s"',;]{6,})""", ANY_CASE),
    kind("authorization", "bearer",
         r"bearer\s{1,3}((?=[^\s]{0,200}\d)[A-Za-z0-9._~+/-]{16,}=*)", ANY_CASE),
    kind("authorization", "basic", r"basic\s{1,3}([A-Za-z0-9+/]{8,}={1,2})", ANY_CASE),
    kind("authorization", "negotiate ntlm",
         r"(?:negotiate|ntlm)\s{1,3}([A-Za-z0-9+/]{16,}={0,2})(?![\w-])", ANY_CASE),
    kind("authorization", ("auth plain", "ugfzc3dvcmq6"),
         r"(?:AUTH PLAIN|UGFzc3dvcmQ6)\s{1,4}(?:[^\s\w]{0,3}C?[:>]?\s)?([A-Za-z0-9+/]{4,}={0,2})"),
    kind("url-password", "://", r"://[^\s/:\"'<>]{0,256}:(?![$<{*\[])([^\s/\"'<>]{2,512})@"),
    kind("url-password", "://",
         r"://(?=[^\s/@:]{0,200}\d)([A-Za-z0-9_-]{20,200})(?::x-oauth-basic)?@"),
    # Addresses that have no path before an `@`: a password may hold whatever its owner typed.
    kind("url-password",
         "postgres:// postgresql:// mysql:// mariadb:// mongodb:// +srv:// redis:// rediss://"
         " amqp:// amqps:// ldap:// ldaps:// smtp:// smtps:// mssql:// oracle:// ftp:// sftp://",
         r"[a-z+]{3,12}://[^\s/:\"'<>]{0,256}:(?![$<{*\[])([^\s\"'<>]{2,256})@(?=[\w.-])"),
    kind("url-password", "jdbc:oracle:thin:",
         r"jdbc:oracle:thin:[\w$#]{1,30}/([^\s@/\"']{2,256})@"),
    kind("signed-url", "signature=",
         r"(?<=[?&-])signature=((?:[\w~+/.-]|%[0-9A-Fa-f]{2}|=){20,4096})", ANY_CASE),
    kind("signed-url", "?key= &key= ?code= &code= ?auth= &auth= ?t= &t= ?sig= &sig=",
         rf"[?&]\w{{1,4}}=((?=[^&\s]{{0,200}}\d)(?=[^&\s]{{0,200}}[A-Za-z]){B64}{{20,1024}})(?![\w.])",
         ANY_CASE),
    kind("cookie", "cookie",
         rf"""cookie2?{_IS}((?:[\w.%-]{{1,128}}=[^\s"'\\;]{{1,8192}};? ?)+)""", ANY_CASE),
    kind("session", "session sessid sid connect.sid xsrf-token csrftoken",
         r"""(?:[\w-]{0,20}sess(?:ion)?[_-]?(?:id|token)?|sid|connect\.sid|xsrf-token|csrftoken)"""
         r"""["']?\s{0,2}(?:[=:]|,\s{0,2}["']value["']:)\s{0,2}["']?"""
         r"""((?=[\w%.+-]{0,200}\d)[\w%.+-]{20,})""", ANY_CASE),
    kind("cookie", ("\t/",),
         r"(?:(?<=\tTRUE)|(?<=\tFALSE))\t/[^\t\n]{0,200}\t(?:TRUE|FALSE)\t\d{1,12}\t[^\t\n]{1,200}"
         r"\t(\S{8,})",
         ANY_CASE),
    kind("saml", "samlre",
         r"""SAMLRe(?:sponse|quest)["']?(?:\s?[=:]|\svalue=)\s?["']?([A-Za-z0-9+/%]{40,}={0,2})""",
         ANY_CASE),
    kind("netrc", "machine default",
         r"(?:machine\s{1,9}\S{1,253}|default)(?:\s{1,9}(?:login|account)\s{1,9}\S{1,253})?"
         r"\s{1,9}password\s{1,9}(\S+)", ANY_CASE),
    kind("docker-auth", '"auth" "identitytoken"',
         r'"(?:auth|identitytoken)"\s{0,3}:\s{0,3}"([^"\s]{8,})"', ANY_CASE),
    kind("teams-webhook", "webhook.office.com/", r"webhook\.office\.com/webhookb2/([\w@/-]{60,})"),
    kind("npm-auth", "_auth",
         r"""(?<!\w)_(?:authToken|auth|password)\s{0,3}=\s{0,3}["']?([^\s"'$]{8,})""", ANY_CASE),
    kind("npm-auth", "npmauthident", r"""npmAuthIdent["']?:\s?["']?([^\s"']{3,})"""),
    kind("bundler-auth", "bundle_",
         r"""BUNDLE_[A-Z_]{3,99}["']?[:=] ?["']?[^\s:"']{1,64}:([^\s"']{3,})"""),
    kind("composer-auth", '"github-oauth" "gitlab-token" "gitlab-oauth" "bearer"',
         r'"[a-z-]{6,12}"\s{0,9}:\s{0,9}\{\s{0,99}"[^"\n]{1,253}"\s{0,9}:\s{0,9}"([^"\s]{8,})"'),
    kind("account-key", "accountkey sharedaccesskey",
         r"(?:Account|SharedAccess)Key\s?=\s?([A-Za-z0-9+/%]{20,}={0,2})", ANY_CASE),
    kind("azure-sas", "sharedaccesssignature",
         r"SharedAccessSignature\s[^\n]{0,999}?sig=([^\s&]+)"),
    kind("password-hash",
         "$1$ $2a$ $2b$ $2y$ $5$ $6$ $7$ $9$ $y$ $gy$ $apr1$ $argon2 $pbkdf2 $p$ $h$ $s$ $krb5",
         r"\$(?:1|2[aby]|5|6|7|g?y|apr1|argon2(?:id|i|d)|pbkdf2[\w-]*|krb5\w+)\$[\w./$=,+*@-]{20,}"
         r"|\$[PHS]\$[\w./]{20,}|(?<=\")\$9\$[\w./-]{8,}"),
    kind("password-hash", "pbkdf2 scrypt: scram-sha-",
         r"(?:pbkdf2_sha\d+\$\d|pbkdf2:sha\d+:\d|scrypt:\d+:\d+:|SCRAM-SHA-\d+\$\d)[\w./$=+:]{20,}"),
    kind("password-hash", "{sha {ssha {md5} {smd5} {crypt} {pbkdf2 {argon2 {cleartext}",
         r"\{(?:S?SHA\d{0,3}|S?MD5|CRYPT|PBKDF2[\w-]{0,9}|ARGON2|CLEARTEXT)\}([^\s\"',:]{3,})",
         ANY_CASE),
    kind("password-hash", ":{plain}", r":\{PLAIN\}([^\s:]{3,})", ANY_CASE),
    kind("password-hash", "*", r"\*[0-9A-F]{40}(?![0-9A-Fa-f])"),
    kind("password-hash", ":::", r"(?<=:[0-9a-f]{32}:[0-9a-f]{32}):::", before=32),
    kind("vault-text", "$ansible_vault;",
         r"\$ANSIBLE_VAULT;[^\n\\]{5,80}(?:(?:\s|\\n)+[0-9a-f]{2,80})+"),
    kind("password",
         ("passwort", "kennwort", "contraseña", "contrasena", "wachtwoord", "mot de passe", "senha",
          "parola", "hasło", "lösenord", "пароль", "şifre",
          "パスワード", "暗証番号", "密码", "密碼", "口令", "비밀번호"),
         r"""(?:mot de passe|[^\W\d_]{2,12})["']?\s{0,3}[:=\uff1a\uff1d]\s{0,3}["']?"""
         r"""((?=[!-~]{0,60}\d)[!#-&(-~]{4,256})""", re.IGNORECASE),
    kind("password", "securestring",
         r"""securestring\s{1,3}(?:-String\s{1,3})?["']([^"'\n]{3,256})["']""", ANY_CASE),
    kind("password", '"value"',
         r'"value"\s{0,3}:\s{0,3}"((?:[^"\\\n]|\\.){1,4096})"\s{0,20},\s{0,20}'
         r'(?:"type"\s{0,3}:\s{0,3}"\w+"\s{0,20},\s{0,20})?"sensitive"\s{0,3}:\s{0,3}true'),
    kind("password", '"sensitive"',
         r'"sensitive"\s{0,3}:\s{0,3}true\s{0,20},\s{0,20}'
         r'(?:"type"\s{0,3}:\s{0,3}"\w+"\s{0,20},\s{0,20})?"value"\s{0,3}:\s{0,3}'
         r'"((?:[^"\\\n]|\\.){1,4096})"'),
    kind("password", ("new value: ", "stats auth "),
         r"(?:New value: |stats auth [^\s:]{1,64}:)(\S{3,256})"),
    # Names of several words, and messages of programs, that a value follows.
    kind("token", (" key",),
         r"""(?:(?<=access)|(?<=api)|(?<=private)|(?<=secret)|(?<=license)|(?<=encryption)"""
         r"""|(?<=signing)|(?<=shared)|(?<=unseal)) key(?: \d{1,2})?["']?(?: ?\[[^\]\n]{0,40}\])?"""
         r"""(?: provided)?(?:\s{0,3}[:=]\s{0,12}|\s{3,20})["']?(?![/.~$<])"""
         r"""((?=[\w+/=-]{0,200}\d)(?=[\w+/=-]{0,200}[A-Za-z])[\w+/=-]{16,})""", ANY_CASE),
    kind("password", "password",
         r"(?:(?<=following )password|password for )[^\n]{1,120}:\s{1,8}"
         r"((?=\S{0,99}\d)(?=\S{0,99}[A-Za-z])\S{8,256})(?=\s*\n|\s*\Z)", ANY_CASE),
    kind("password", "password", r"(?<=initialAdmin)Password\s{1,4}([0-9a-f]{32})"),
    kind("password", ("cat ", "echo", "printenv "),
         r"(?:cat|echo|printenv) (?=\S{0,200}(?:passw|pass\b|secret|token|_key\b))\S{4,240}\r?\n"
         r"((?=\S{0,200}\d)(?=\S{0,200}[A-Za-z])\S{8,512})(?=\s{0,9}\n|\s{0,9}\Z)", ANY_CASE),
    kind("password", "define(",
         r"""define\(\s{0,4}['"]\w{0,40}(?:KEY|SALT|PASSWORD|SECRET|TOKEN)['"]\s{0,4},\s{0,20}"""
         r"""['"]([^'\n]{6,512})(?=['"])"""),
    # The second argument of what logs in.
    kind("password", ("auth=(", "auth(", ".login("),
         r"""\.?\w{4,5}=?\((?:[^()\n]{1,200}?,\s?)(?<=[,\s])["']([^"'\n]{3,256})["']\)""",
         ANY_CASE),
    kind("password", "password",
         r'(?<="random_)password"[^\x00]{1,2000}?"result"\s{0,3}:\s{0,3}"((?:[^"\\\n]|\\.){4,256})"'),
    kind("password", ("331 ", "+ok"),
         r"(?:331 |\+OK)[^\n]{0,200}\n[^\n\w]{0,9}(?:C: )?PASS (\S{2,256})", ANY_CASE),
    kind("password", ("> pass ", '"auth"', "auth default "),
         r"""(?:> PASS|"AUTH"(?: "[^"\n]{1,64}")?(?= ")|AUTH default) "?([^\s"]{3,256})"""),
    kind("password", (" login ",), r"""(?<=\d) LOGIN "?[^\s"]{1,64}"? "?([^\s"]{3,256})"""),
    kind("password", "nickserv",
         r"NickServ[^\n]{0,20}[ :]IDENTIFY (?:\S{1,64} (?=\S))?(\S{3,256})"),
    kind("sql-password", "identified",
         r"""identified\s{1,3}(?:with\s{1,3}\S{1,64}\s{1,3})?by\s{1,3}(?:password\s|values\s)?"""
         r"""["']?((?<=')[^']{1,512}|(?<=")[^"]{1,512}|(?=\D{0,99}\d)[^\s;'"]{4,512})""",
         ANY_CASE),
    kind("sql-password", "password", r"password\s{1,3}=?\s{0,3}N?'([^'\s]{3,512})'", ANY_CASE),
    kind("password", ("]:25 ", "]:587 ", "]:465 ", "]:587\t", "]:25\t", "]:465\t"),
         r"\]:\d{2,3}\s{1,4}[^\s:]{1,128}:(\S{3,256})"),
    kind("community", "community com2sec snmp-server",
         r"(?:(?<=r[ow])community6?|(?<=snmp )community|snmp-server community"
         r"|com2sec6?\s{1,9}\S{1,64}\s{1,9}\S{1,64})"
         r"\s{1,9}[\"']?([^\s\"']{3,64})"),
    kind("device-password", ("password ", "secret ", "-server key ", " key", "key-string ",
                             " passwd enc "),
         r"(?:(?:password|secret) [0-9] (?=\S{0,64}\d)|-server key (?:[0-9] )?|key-string (?:7 )?"
         r"|(?<=isakmp) key (?:6 )?| passwd ENC )([^\s\"]{4,256})"),
    kind("device-password", "createuser ",
         r"createUser \S{1,64} (?:MD5|SHA(?:-\d{3})?) \"?((?:[^\s\"]|(?<=\") ){3,99})"),
    kind("psk", (": psk", ": eap", ": xauth", ": ntlm"),
         r""": (?:PSK|EAP|XAUTH|NTLM) ["']([^"'\n]{3,256})["']"""),
    kind("otp-seed", "otpauth",
         r"otpauth://[^\s\"']{1,500}?secret=([A-Za-z2-7]{8,})", ANY_CASE),
    kind("otp-seed", "otpauth", r"otpauth-migration://\S{1,40}?data=([\w%+/=-]{20,})"),
    kind("ceph-key", ("key = aq",), r"key = (AQ[A-Za-z0-9+/]{36}==)"),
    kind("tsig-key", "hmac-", r"hmac-\w{3,9}:[\w.-]{1,253}:([A-Za-z0-9+/]{16,}={0,2})"),
    kind("otp-seed", ("secret key",),
         r"secret key(?: is)?:?\s{1,4}((?=[\w+/]{0,99}[\d+/])[A-Za-z0-9+/]{16,}={0,2}"
         r"|(?:[A-Z2-7]{4} ){3,7}[A-Z2-7]{4})", ANY_CASE),
    kind("recovery-code", ("recovery codes", "backup codes", "scratch codes"),
         r"(?:recovery|backup|scratch) codes[^\n:]{0,40}:((?:[\s*-]{1,12}(?=[a-z-]{0,24}\d)"
         r"[a-z0-9-]{6,24}(?!\w)){1,20})", ANY_CASE),
    kind("seed-phrase", ("mnemonic", "seed phrase", "recovery phrase"),
         r"(?:mnemonic|(?:seed|recovery) phrase)[\"']?(?: is)?\s{0,3}[:=]?\s{0,3}[\"']?"
         r"((?:[a-z]{3,8} ){11,23}[a-z]{3,8})", ANY_CASE),
    kind("private-key", '"d" "k" "p" "q" "dp" "dq" "qi"',
         rf'"[a-z]{{1,2}}"\s{{0,3}}:\s{{0,3}}"((?={B64}{{0,200}}\d)(?={B64}{{0,200}}[A-Z]){B64}{{20,2048}})"'),
    kind("private-key", "privateexponent prime1 prime2 exponent1 exponent2 coefficient priv:",
         r"(?:privateExponent|prime[12]|exponent[12]|coefficient|priv):\s{1,9}"
         r"((?:[0-9a-f]{2}(?::\s{0,12}|(?![0-9a-f]))){8,})"),
)  # fmt: skip

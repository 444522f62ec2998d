"""Passwords that programs take by an option of their own: ``mysql -p…``, ``sqlcmd -P …``."""

from __future__ import annotations

from os.path import commonprefix

from repro.redact.kind import ANY_CASE, Kind, kind

#: Between the words of a command: of a shell, of ``/proc/…/cmdline``, of a list in a program.
NEXT = r"""(?:[ \t\0]{1,4}|["'],[ \t]{0,2}["'])"""
#: No option, and nothing that stands for a value.
_VALUE = r"""["']?((?![-$<{*])[^\s"'\0]{3,256})"""
#: Letters that a stem of several programs has at least.
_STEM = 4
#: The words between the program and the option.
_WORDS = r"""[^\n|;]{0,400}?"""
#: ``user:password``, and what else stands between the two.
_AFTER_USER = r"""["']?[^\s:'",%/]{1,64}[:,%]((?![$<{*])[^\s"'\0]{2,256})"""


def _option(programs: str, option: str, *, attached: bool = False, value: str = _VALUE) -> Kind:
    """``programs`` are words; ``option`` is a pattern.  ``attached``: only without a space."""
    names = "|".join(programs.split())
    between = "" if attached else rf"(?:{NEXT}|=)"
    program = rf"(?<![\w.-])(?:{names})(?:\.exe)?(?![\w-])"
    pattern = rf"""{program}{_WORDS}{NEXT}["']?(?:{option}){between}{value}"""
    return kind("command-password", _stems(programs.split()), pattern)


def _stems(programs: list[str]) -> tuple[str, ...]:
    """Few words with which all of them begin: each is looked for in the whole text."""
    common = commonprefix(programs)  # noqa: RUF071 of words, not of paths
    if len(common) >= _STEM:
        return (common,)
    longer = {each for each in programs if each.startswith(tuple({*programs} - {each}))}
    return tuple(each for each in programs if each not in longer)


_MYSQL = "mysql mysqldump mysqladmin mysqlimport mysqlcheck mariadb mariadb-dump xtrabackup"
_MONGO = "mongo mongosh mongodump mongorestore mongoexport mongoimport"
_LDAP = "ldapsearch ldapadd ldapmodify ldapdelete ldapwhoami ldappasswd ldapcompare"
_SNMP = "snmpwalk snmpget snmpset snmpbulkwalk snmpgetnext snmptrap snmptable"

COMMANDS = (
    _option(_MYSQL, "-p", attached=True),
    _option(f"{_MONGO} rabbitmqadmin psexec evil-winrm useradd usermod sshpass cqlsh", "-p"),
    _option("sshpass", "-p", attached=True),
    kind("command-password", ("docker login", "podman login", "registry login", "skopeo login",
                              "az login", "acr login", "oc login", "cf login"),
         rf"\w{{2,8}} login{_WORDS}{NEXT}-p(?:{NEXT}|=){_VALUE}"),
    _option("sqlcmd bcp isql tsql osql ipmitool zip unzip racadm", "-P"),
    _option("mosquitto_pub mosquitto_sub", "-P"),
    _option(_LDAP, "-w"),
    _option("redis-cli", "-a"),
    _option("oathtool", r"-b|--base32"),
    _option("openssl", "-k|-K|-psk"),
    _option("openssl", r"-pass(?:in|out)?", value=r"""["']?pass:([^\s"'\0]{1,256})"""),
    _option("ssh-keygen", "-N|-P"),
    _option("erl beam.smp", "-setcookie"),
    _option("xfreerdp wlfreerdp rdesktop", r"/p:|-p", attached=True),
    _option("schtasks", "/rp"),
    _option("7z 7za 7zr rar unrar", r"-h?p", attached=True),
    *(_option(_SNMP, option) for option in ("-c", "-A", "-X")),
    _option("curl", r"-\w{0,10}u|--user|--proxy-user|-U", value=_AFTER_USER),
    _option("curl", r"-\w{0,10}u", attached=True, value=_AFTER_USER),
    _option("lftp smbclient rpcclient winexe wmic ncftp", "-u|-U|--user", value=_AFTER_USER),
    _option("etcdctl", "--user", value=_AFTER_USER),
    kind("command-password", ("net rpc",),
         rf"net rpc{_WORDS}{NEXT}-U{NEXT}{_AFTER_USER}"),
    kind("command-password", ("mc alias set",),
         rf"mc alias set{NEXT}\S{{1,64}}{NEXT}\S{{1,200}}{NEXT}\S{{1,64}}{NEXT}{_VALUE}"),
    kind("command-password", "wpa_passphrase", rf"wpa_passphrase{NEXT}\S{{1,64}}{NEXT}{_VALUE}"),
    kind("command-password", "htpasswd",
         rf"htpasswd{NEXT}-\w{{0,6}}b\w{{0,6}}{_WORDS}{NEXT}[\w./~][\w./~-]{{0,199}}"
         rf"{NEXT}[^\s-]\S{{0,63}}{NEXT}{_VALUE}"),
    kind("command-password", "encrypt_string", rf"encrypt_string{NEXT}{_VALUE}"),
    kind("command-password", "authtoken ", rf"authtoken{NEXT}{_VALUE}", ANY_CASE),
    kind("command-password", "--from-literal",
         r"""--from-literal[= ]["']?[\w.-]{1,99}=((?=\S{0,99}\d)(?=\S{0,99}[A-Za-z])"""
         r"""[^\s"']{8,256})"""),
    kind("command-password", ("http -a", "http --auth", "https -a", "https --auth"),
         rf"https? (?:-a|--auth)(?:{NEXT}|=){_AFTER_USER}"),
    _option("rabbitmqctl", "add_user|change_password|authenticate_user",
            value=rf"""["']?[^\s"']{{1,64}}{NEXT}{_VALUE}"""),
    kind("command-password", ("net use",),
         r"""net use [^\n|;]{0,200}?/user:[^\s"']{1,80} {1,3}["']?([^\s"'/*]{3,256})"""),
    kind("command-password", ("net user",),
         r"""net user [^\s/]{1,64} {1,3}["']?([^\s"'/*]{3,256})(?=["']? /)"""),
    kind("command-password", "sqlplus",
         r"""sqlplus[^\n/]{0,60}[ "'][\w$#]{1,30}/([^\s/"']{3,256})@"""),
    kind("command-password", "expdp impdp",
         r"""(?<!\w)(?:exp|imp)dp ["']?[\w$#]{1,30}/"""
         r"""((?=\S{0,99}\d)[^\s/"'@.]{3,256})(?=[\s@"'])"""),
    # As ``set -x`` prints a pipe: both sides, a line each.
    kind("command-password", "echo printf",
         r"""(?<=\+ )(?:echo|printf)(?: -n| '%s(?:\\n)?')? ["']?(?:[^\s:"'$]{1,64}:)?"""
         r"""([^\s"'$]{3,256}(?: \S{3,256})?)\n\++ (?:sudo )?"""
         r"""[^\n]{0,80}?(?:chpasswd|passwd|kinit|cryptsetup|--password-stdin|--stdin)"""),
    kind("command-password", "echo printf",
         r"""(?:echo|printf)(?: -n| '%s(?:\\n)?')?\s{1,3}["']?(?:[^\s:|"'$]{1,64}:)?"""
         r"""((?!\$)[^\s|"']{3,256})["']?\s{0,2}\|\s{0,2}(?:sudo )?[^\n|]{0,80}?"""
         r"""(?:chpasswd|passwd |sudo (?:-\w+ )*-\w*S|kinit|cryptsetup"""
         r"""|--password-stdin|--stdin)"""),
    kind("command-password", ("chpasswd", "kinit", "--stdin", "sudo -s", "cryptsetup"),
         r"""(?:chpasswd|kinit|--stdin|sudo -S|cryptsetup)[^\n<|]{0,80}<<<\s?["']?"""
         r"""(?:[^\s:"'$]{1,64}:)?((?!\$)[^\s"']{3,256})"""),
)  # fmt: skip

#!/bin/sh
# Servers that the tests start for themselves on loopback, and a browser; installed where missing.
set -eu

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

command -v apt-get >/dev/null || exit 0
missing=""
command -v docker-registry >/dev/null || missing="$missing docker-registry"
command -v ssh >/dev/null || missing="$missing openssh-client"
[ -x /usr/sbin/sshd ] || missing="$missing openssh-server"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
command -v chromium >/dev/null || missing="$missing chromium"
[ -x /usr/bin/chromedriver ] || missing="$missing chromium-driver"
command -v npm >/dev/null || missing="$missing npm"
[ -e /usr/share/redmine/config.ru ] || missing="$missing redmine redmine-sqlite puma"
# Request Tracker asks for a mail server; the smallest will do, nothing is ever sent.
[ -e /usr/share/request-tracker5/libexec/rt-server ] ||
    missing="$missing request-tracker5 rt5-db-sqlite rt5-standalone msmtp-mta"

install_missing() {
    echo "installing for the tests:$missing"
    as_root apt-get update -qq
    # The tests make clusters of their own; none is to be made and started by the package.
    as_root mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] ||
        echo "create_main_cluster = false" | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
    # Nor databases of the trackers, which ask for them.
    printf '%s boolean false\n' 'redmine redmine/instances/default/dbconfig-install' \
        'request-tracker5 request-tracker5/dbconfig-install' | as_root debconf-set-selections
    # Nor is any other server to be started by its package.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
        as_root chmod 755 $policy
        trap 'as_root rm -f $policy' EXIT
    fi
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
}
[ -z "$missing" ] || install_missing

# Packages of npm that the tests read files of; nothing of them is installed or run here.
folder=${REPRO_TEST_NPM:-$HOME/.cache/repro-tests/npm}
mkdir -p "$folder"
for package in axe-core@4.14.1 asciinema-player@3.17.0 @octokit/openapi@23.0.2; do
    [ -e "$folder/$(echo "${package#@}" | tr @/ -).tgz" ] ||
        npm pack --silent --pack-destination "$folder" "$package"
done
# And a server that holds requests and responses against such a description.
prism=$folder/prism-5.14.2
[ -x "$prism/node_modules/.bin/prism" ] ||
    npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$prism" @stoplight/prism-cli@5.14.2

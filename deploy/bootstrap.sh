#!/bin/sh
# Sets up what a command needs, then runs it: demo, test, test-fast, coverage, check, bench, chaos, pictures, format,
# lock, wheel, or setup alone.
# Needs Python 3.11 or newer. What else is installed, and from where, is said aloud.
set -eu
cd "$(dirname "$0")/.."
command=${1:-setup}
[ $# -gt 0 ] && shift
venv=${MAILER_VENV:-.venv}

say() { printf '\033[2m· %s\033[0m\n' "$*" >&2; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

# apt PACKAGE...: installs the Debian packages that are missing, as root or through sudo.
apt() {
    missing=
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    say "installing Debian packages:$missing"
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "Please install these packages as root, then run this again: apt-get install$missing"
        as_root=sudo
    fi
    log=$(mktemp)
    # shellcheck disable=SC2086
    { $as_root apt-get update && $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1 \
        || { cat "$log" >&2; rm -f "$log"; fail "apt-get could not install:$missing"; }
    rm -f "$log"
}

python=
for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
    [ -n "$candidate" ] || continue
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$candidate; break; fi
done
[ -n "$python" ] || fail "Mailer needs Python 3.11 or newer; on Debian: apt-get install python3 python3-venv"

# install LIST: a virtual environment holding exactly what LIST names, checked by hash.
install() {
    if [ ! -x "$venv/bin/python" ]; then
        say "making a virtual environment in $venv"
        "$python" -m venv "$venv" 2>/dev/null || {
            apt python3-venv
            rm -rf "$venv"
            "$python" -m venv "$venv"
        }
    fi
    stamp=$venv/installed-$(basename "$(dirname "$1")").txt
    if ! cmp -s "$1" "$stamp" || ! cmp -s pyproject.toml "$venv/pyproject.toml"; then
        say "installing the packages of $1 (locked, checked by hash)"
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$1"
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
        cp "$1" "$stamp"
        cp pyproject.toml "$venv/pyproject.toml"
    fi
}

# install_assets: what browsers run that others wrote, for the console. Its pages work without it.
install_assets() {
    lock=deploy/assets/package-lock.json
    bundled=templates/web/assets/bundled
    cmp -s $lock $bundled/installed.txt && return
    { command -v node && command -v npm; } >/dev/null || (apt nodejs npm) || true
    say "installing the packages of $lock (locked, checked by hash)"
    if npm ci --prefix deploy/assets --ignore-scripts --no-audit --no-fund --loglevel=error >&2; then
        mkdir -p $bundled
        cp deploy/assets/node_modules/htmx.org/dist/htmx.min.js $bundled/htmx.js
        cp $lock $bundled/installed.txt
        rm -rf deploy/assets/node_modules
    else
        say "they could not be installed; the console works without them"
    fi
}

# install_node: the programs by other authors, written for Node.js, that tests compare ours with.
install_node() {
    { command -v node && command -v npm; } >/dev/null || apt nodejs npm
    lock=tests/node/package-lock.json
    cmp -s $lock tests/node/node_modules/installed.json && return
    say "installing the packages of $lock (locked, checked by hash)"
    if npm ci --prefix tests/node --ignore-scripts --no-audit --no-fund --loglevel=error >&2; then
        cp $lock tests/node/node_modules/installed.json
    else
        say "they could not be installed; the tests that need them are skipped"
    fi
}

# install_peers: what all tests need, of Python's packages, of Debian's and of Node.js's.
install_peers() {
    apt caddy chromium dovecot-imapd libical3 nginx-light openssl postfix slapd swaks
    command -v java >/dev/null || apt default-jre-headless
    install tests/requirements.txt
    install_assets
    install_node
}

# By file: what the tests of a file share is made once.
parallel="--numprocesses=auto --dist=loadfile"
# Each of those tests starts whole services, and waits for them more than it works.
two="--numprocesses=2 --dist=loadfile"
# What measures how long something takes: with nothing beside it.
measuring=tests/acceptance/web/test_enumeration.py

# use_memory: keeps the tests' temporary files in memory, where there is enough: the store waits for the
# disk at every write. They are gone afterwards; `--basetemp=FOLDER` among the arguments keeps them.
use_memory() {
    free=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')
    [ "${free:-0}" -ge 2000000 ] || return 0
    memory=$(mktemp -d /dev/shm/mXXXXXX 2>/dev/null) || return 0
    trap 'rm -rf "$memory"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    # Servers that run as somebody else have their files below it. Tests write programs there, too.
    printf '#!/bin/sh\n' >"$memory/program" && chmod 711 "$memory" && chmod 700 "$memory/program"
    if "$memory/program" 2>/dev/null; then export TMPDIR="$memory"; fi
}

# run_tests ARGUMENT...: all tests, those that start whole services at the end; or those that the
# arguments name. Each part runs though one before it failed: who waits for it wants to see all.
run_tests() {
    use_memory
    for argument in "$@"; do
        case $argument in
        tests | tests/*)
            "$venv/bin/python" -m pytest "$@"
            return ;;
        esac
    done
    failed=0
    selected=0
    # shellcheck disable=SC2086
    run_part $parallel tests/unit tests/integration "$@"
    run_part "$measuring" "$@"
    # shellcheck disable=SC2086
    run_part $two tests/acceptance --ignore="$measuring" "$@"
    [ "$failed" -ne 0 ] || [ "$selected" -ne 0 ] || return 5
    return "$failed"
}

# run_part ARGUMENT...: runs pytest; its first failure is in `failed`, and in `selected` whether any part
# had tests (5: nothing was selected, as by -k).
run_part() {
    status=0
    "$venv/bin/python" -m pytest "$@" || status=$?
    [ "$status" -ne 5 ] || return 0
    selected=1
    [ "$failed" -ne 0 ] || failed=$status
}

case $command in
setup)
    install deploy/requirements.txt
    install_assets
    # The service's user cannot write here; without this, each of its commands would compile anew.
    "$venv/bin/python" -m compileall -q mailer workers ;;
demo)
    install deploy/requirements.txt
    install_assets
    exec "$venv/bin/mailer" demo "$@" ;;
test)
    install_peers
    run_tests "$@" ;;
test-fast)
    install tests/requirements.txt
    # shellcheck disable=SC2086
    exec "$venv/bin/python" -m pytest -p no:schemathesis $parallel tests/unit "$@" ;;
coverage)
    install_peers
    rm -f .coverage .coverage.*
    # Each process of the service measures itself: see [tool.coverage] in pyproject.toml.
    export COVERAGE_PROCESS_START="$PWD/pyproject.toml" COVERAGE_FILE="$PWD/.coverage"
    failed=0
    run_tests "$@" || failed=$?
    "$venv/bin/coverage" combine --quiet
    "$venv/bin/coverage" report
    exit "$failed" ;;
check)
    install tests/requirements.txt
    "$venv/bin/ruff" format --check .
    "$venv/bin/ruff" check .
    "$venv/bin/mypy"
    "$venv/bin/lint-imports"
    exec "$venv/bin/python" -m pytest -q -m docs ;;
format)
    install tests/requirements.txt
    "$venv/bin/ruff" check --fix --quiet .
    exec "$venv/bin/ruff" format . ;;
bench)
    apt postfix gcc libc6-dev
    install tests/requirements.txt
    exec env PYTHONPATH=tests "$venv/bin/python" -m benchmarks.bench "$@" ;;
chaos)
    install tests/requirements.txt
    exec env PYTHONPATH=tests "$venv/bin/python" -m chaos "$@" ;;
pictures)
    apt chromium
    install tests/requirements.txt
    install_assets
    exec env PYTHONPATH=tests "$venv/bin/python" -m pictures ;;
lock)
    install tests/requirements.txt
    # For every Python from 3.11 on: what only some of them need carries its condition.
    options="--quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --no-strip-markers"
    # shellcheck disable=SC2086
    "$venv/bin/uv" pip compile $options --upgrade --extra dev -o tests/requirements.txt pyproject.toml
    # shellcheck disable=SC2086
    "$venv/bin/uv" pip compile $options --extra build -c tests/requirements.txt -o deploy/requirements.txt pyproject.toml ;;
wheel)
    install tests/requirements.txt
    install_assets
    # What an earlier build left here would get into this one.
    rm -rf build dist ./*.egg-info
    "$venv/bin/uv" build --quiet --offline --no-build-isolation --python "$venv/bin/python" --out-dir dist
    rm -rf build ./*.egg-info
    ls dist/*.whl dist/*.tar.gz ;;
*) fail "unknown command '$command'; one of: setup demo test test-fast coverage check bench chaos pictures format lock wheel" ;;
esac

#!/bin/sh
# Make the virtual environment: venv.sh <directory> <pins>. Called by `make venv`.
set -eu
venv=$1
pins=$2

# A Python that Airflow runs on, with the modules that `python -m venv` needs (Debian keeps ensurepip in python3-venv).
usable='import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))'

if [ ! -x "$venv/bin/python" ]; then
    python=
    for candidate in ${PYTHON:-} python3.13 python3.12 python3.11 python3 python3.14 python; do
        if "$candidate" -c "$usable" >/dev/null 2>&1; then
            python=$candidate
            break
        fi
    done
    if [ -z "$python" ]; then
        echo "No Python 3.11 to 3.14 with the venv module was found." >&2
        echo "Install one (Debian, Ubuntu: apt-get install python3 python3-venv) or name it: make venv PYTHON=/path/to/python3" >&2
        exit 1
    fi
    echo "Creating $venv with $("$python" --version) …"
    "$python" -m venv "$venv"
fi

if [ ! -x "$venv/bin/uv" ]; then
    echo "Fetching uv, which installs the rest …"
    "$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$venv/bin/python" -m ensurepip >/dev/null
    "$venv/bin/python" -m pip install -qq --disable-pip-version-check uv
fi

echo "Installing Airflow and the tools, $(wc -l <"$pins" | tr -d ' ') packages (a minute or two the first time, seconds later) …"
set -- pip install --python "$venv/bin/python" --constraint "$pins" --editable '.[demo]' --group dev
if [ -t 2 ]; then
    "$venv/bin/uv" "$@"
elif ! "$venv/bin/uv" "$@" >"$venv/install.log" 2>&1; then
    cat "$venv/install.log" >&2
    exit 1
fi
echo "Ready: $venv"

# Sourced by the other scripts: the project's own virtual environment, made and filled only when something is missing.
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '\033[1m· %s\033[0m\n' "$*" >&2; }

# install FILE: make .venv if it is missing, and install a requirements file that has changed since last time.
install() {
  if [ ! -x .venv/bin/python ]; then
    local python="" candidate
    for candidate in python3 python3.13 python3.12 python3.11 python; do
      if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then
        python=$candidate
        break
      fi
    done
    if [ -z "$python" ]; then
      say "SeqViz needs Python 3.11 or newer; install it and try again."
      exit 1
    fi
    say "making .venv with $("$python" --version)"
    "$python" -m venv .venv
  fi
  local stamp=".venv/.installed-$1"
  if ! cmp -s "$1" "$stamp"; then
    say "installing $1 (a few minutes the first time)"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -r "$1"
    cp "$1" "$stamp"
  fi
}

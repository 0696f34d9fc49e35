#!/bin/sh
# bench/peers/setup.sh FOLDER [NAME...]: bring the peers into FOLDER and build them there. Only the
# bench calls this; nothing else needs it. A peer whose tools are missing, or that does not build,
# is left out and said so; the others go on. NAMEs: feelin (npm), drools (Maven), dsntk (cargo).
here=$(cd "$(dirname "$0")" && pwd)
work=$1
[ -n "$work" ] || { echo "usage: setup.sh FOLDER [NAME...]" >&2; exit 2; }
shift
[ $# -gt 0 ] || set -- feelin drools dsntk
mkdir -p "$work" || exit 2

needs() {
    command -v "$2" >/dev/null 2>&1 && return 0
    echo "$1: left out, $2 is not here"
    return 1
}

built() {
    if [ "$2" -eq 0 ]; then touch "$work/$1/ready"; echo "$1: ready"
    else echo "$1: left out, it did not build; see $work/$1/setup.log"; fi
}

for peer; do
    [ -e "$work/$peer/ready" ] && { echo "$peer: ready"; continue; }
    case $peer in
        feelin) tool=npm ;;
        drools) tool=mvn ;;
        dsntk) tool=cargo ;;
        *) echo "$peer: unknown"; continue ;;
    esac
    needs "$peer" "$tool" || continue
    mkdir -p "$work/$peer"
    cp -R "$here/$peer/." "$work/$peer/"
    case $peer in
        feelin) (cd "$work/feelin" && npm install --no-audit --no-fund) >"$work/feelin/setup.log" 2>&1 ;;
        drools) (cd "$work/drools" && mvn -q -B compile) >"$work/drools/setup.log" 2>&1 ;;
        dsntk) (cd "$work/dsntk" && cargo build --release) >"$work/dsntk/setup.log" 2>&1 ;;
    esac
    built "$peer" $?
done

#!/bin/sh
# Builds the seeds of the target `library` into seeds/library: small real libraries, and broken ones.
set -eu
cd "$(dirname "$0")/seeds/library"

manifest='{"schema":1,"name":"some_planner","version":"1.2.3","api":{"major":1,"minor":0},"build":{"rustc":"rustc 1.95.0","profile":"release","panic":"unwind"},"reliability":0.5,"tags":["a"],"x":{"y":[1,-2.5e3,null,true]}}'
escaped=$(printf '%s' "$manifest" | sed 's/"/\\"/g')
source=$(mktemp --suffix=.c)
trap 'rm -f "$source"' EXIT
cat > "$source" <<END
static const char m[] __attribute__((section(".planner_manifest"), used)) = "$escaped";
int f(void) { return 1; }
END

build() {
    out=$1
    shift
    gcc -shared -fPIC -nostdlib -s -Wl,-z,noseparate-code -Wl,--build-id=none -o "$out" "$source" "$@"
}
patch() { # FROM TO OFFSET BYTES...
    cp "$1" "$2"
    printf "$4" | dd of="$2" bs=1 seek="$3" conv=notrunc status=none
}

build plain
build soname -Wl,-soname,libx.so
build needed -Wl,--no-as-needed -lc -lm
build separate -Wl,-z,separate-code
build rpath -Wl,-rpath,/tmp
build filter -Wl,-F,libevil.so
build auxiliary -Wl,-f,libevil.so
build audit -Wl,--audit,libevil.so
build execstack -Wl,-z,execstack
sed -i 's/"{/"{{/' "$source" && build bad_manifest
head -c 700 plain > truncated
head -c 63 plain > header_only
patch plain wrong_machine 18 '\267'
patch plain many_segments 56 '\377\377'
patch plain sections_outside 46 '\377'
printf 'MZ\220\0' > pe
printf '\317\372\355\376' > mach_o
: > empty

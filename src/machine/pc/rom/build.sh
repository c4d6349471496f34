#!/bin/sh
# Makes demo.bin of demo.asm, or the file that is named.  Needs nasm.
set -eu
output=$(realpath "${1:-$(dirname "$0")/demo.bin}")
cd "$(dirname "$0")"
exec nasm -f bin -Werror -o "$output" demo.asm

#!/bin/sh
# Stands beside the runner and outlives it by a moment: when the runner is gone without having tidied up (kill -9), this
# waits until the producer and the workers have left (they notice by themselves), ends those that have not, then Redis.
#   $1  file with one child a line: pid, name, mark, separated by tabs; no file means that all was tidied up
#   $2  how long the producer and the workers may take, in seconds
# The runner holds the other end of standard input.
trap '' INT TERM HUP
cat > /dev/null
children=$1
ticks=$(($2 * 5))

anyone() {
  while read -r pid name _; do
    [ "$name" != redis ] && kill -0 "$pid" 2> /dev/null && return 0
  done < "$children"
  return 1
}

[ -f "$children" ] || exit 0
while [ "$ticks" -gt 0 ] && [ -f "$children" ] && anyone; do
  sleep 0.2
  ticks=$((ticks - 1))
done
# The next runner may have tidied up meanwhile.
[ -f "$children" ] || exit 0
while read -r pid name _; do
  [ "$name" != redis ] && kill -KILL "$pid" 2> /dev/null
done < "$children"
while read -r pid name _; do
  [ "$name" = redis ] && kill -TERM "$pid" 2> /dev/null
done < "$children"
exit 0

#!/bin/sh
# Holds PostgreSQL: `postgres-main.sh <command> <args...>`. PostgreSQL does not notice that its parent is gone; this does, because its
# standard input ends, and stops it: fast shutdown first, by force after 2 s. A shell, because Node would take 40 MiB more for it.
force_after_s=2

exec 3<&0
"$@" 3<&- </dev/null &
postgres=$!

stop_when_input_ends() {
  nap=
  trap '[ -z "$nap" ] || kill "$nap"; exit' TERM
  while read -r _; do :; done
  kill -INT "$postgres"
  sleep "$force_after_s" &
  nap=$!
  wait "$nap"
  kill -KILL "$postgres"
}
stop_when_input_ends <&3 3<&- >/dev/null 2>&1 &
watcher=$!
exec 3<&- </dev/null

trap 'kill -INT "$postgres"' INT TERM
wait "$postgres"
code=$?
# A signal interrupts the wait; what has ended and was waited for is there no longer.
while kill -0 "$postgres" 2>/dev/null; do
  wait "$postgres"
  code=$?
done
kill "$watcher" 2>/dev/null
exit "$code"

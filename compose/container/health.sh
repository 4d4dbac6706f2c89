# Exit code 0 when this container's own port answers 200: `bash health.sh 5000 /readyz`. The shell opens the connection itself,
# because a check that starts node costs more than the start that it waits for.
exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
printf 'GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n' "$2" >&3
read -r _ status _ <&3
[ "$status" = 200 ] && exit 0
echo "$status"
head -c 1000 <&3
exit 1

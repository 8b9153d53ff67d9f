# Makes a small root and starts a shell in it. Runs in a namespace of mounts and processes of its own.
#   root.sh ROOT BASE RELEASE REHEARSAL
# ROOT is an empty folder, BASE a folder with the programs, the others what documents find in /srv.
set -eu
umask 022
mount -t tmpfs -o mode=0755,size=256m root "$1"
cd "$1"
mkdir -p usr etc home opt root run srv/release srv/rehearsal var/lib var/cache dev proc sys old
mkdir -m 1777 tmp var/tmp
for folder in bin sbin lib lib64; do ln -s "usr/$folder" "$folder"; done
mount --bind "$2" usr
mount -t tmpfs -o mode=0755,size=256m local usr/local
mkdir usr/local/bin
mount --bind "$3" srv/release
mount --bind "$4" srv/rehearsal
mount --rbind /dev dev
mount --rbind /sys sys
mount -t proc proc proc
echo 'root:x:0:0:root:/root:/bin/sh' >etc/passwd
echo 'registry:x:990:990:registry:/var/lib/registry:/usr/sbin/nologin' >>etc/passwd
printf 'root:x:0:\nregistry:x:990:\n' >etc/group
pivot_root . old
cd /root
umount -l /old
rmdir /old
exec env -i HOME=/root PATH=/usr/local/bin:/usr/sbin:/usr/bin LANG=C.UTF-8 TERM=dumb /bin/sh

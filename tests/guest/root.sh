# The guest's first steps, sourced by /bin/busybox sh as process 1: the host's / (mounted read-only
# at $LOWER) below a tmpfs, the kernel's file systems on it, and on to init.
# SPDX-License-Identifier: GPL-3.0-or-later
#
# $LOWER    where the host's / is mounted
# $WORK     an empty folder on a writable file system, for the overlay
# $MODULES  the folder of this kernel's modules, as the host names it; with $CONTROL from settings
# mount_host_folder FOLDER PLACE TAG   given by who sources this: mounts a folder of the host

GUEST=$WORK/new
busybox mkdir -p "$WORK/upper" "$WORK/overlay" "$GUEST"
busybox mount -t overlay overlay "$GUEST" \
	-o "lowerdir=$LOWER,upperdir=$WORK/upper,workdir=$WORK/overlay,index=off,metacopy=off" ||
	echo "guest: no overlay"

busybox mount -t proc proc "$GUEST/proc"
busybox mount -t sysfs sysfs "$GUEST/sys"
busybox mount -t devtmpfs dev "$GUEST/dev"
busybox mkdir -p "$GUEST/dev/pts" "$GUEST/dev/shm"
busybox mount -t devpts devpts "$GUEST/dev/pts"
busybox mount -t tmpfs tmpfs "$GUEST/dev/shm"
busybox ln -sfn /proc/self/fd "$GUEST/dev/fd"
for descriptor in 0:stdin 1:stdout 2:stderr; do
	busybox ln -sfn "/proc/self/fd/${descriptor%:*}" "$GUEST/dev/${descriptor#*:}"
done
# Both may be modules or missing; a test that needs one says so.
busybox mount -t debugfs debugfs "$GUEST/sys/kernel/debug"
busybox mount -t configfs configfs "$GUEST/sys/kernel/config"

# Nothing of what runs on the host.
busybox mount -t tmpfs -o mode=755 tmpfs "$GUEST/run"
for folder in haiki-guest lock udev mdadm lvm cryptsetup; do
	busybox mkdir -p "$GUEST/run/$folder"
done
mount_host_folder "$CONTROL" "$GUEST/run/haiki-guest" control
. "$GUEST/run/haiki-guest/settings"
if [ -n "$SHARE" ]; then
	busybox mkdir -p "$GUEST/run/share"
	mount_host_folder "$SHARE" "$GUEST/run/share" share
fi
busybox mkdir -p "$GUEST/usr/lib/modules"
busybox mount --bind "$GUEST$MODULES" "$GUEST/usr/lib/modules"

busybox hostname guest
busybox ifconfig lo 127.0.0.1 up

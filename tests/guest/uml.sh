# User Mode Linux: how tests/guest/run starts it. Sourced.
# SPDX-License-Identifier: GPL-3.0-or-later

# Memory is a file that is mapped executable: memory_folder prints a folder that allows it and has
# the room.
memory_folder() {
	local folder room
	for folder in /dev/shm "${TMPDIR:-/tmp}" /var/tmp "$REPOSITORY/build"; do
		[ -d "$folder" ] || continue
		findmnt --noheadings --target "$folder" --output OPTIONS | grep -qw noexec && continue
		room=$(df --output=avail --block-size=1M "$folder" | tail -n 1)
		[ "$room" -gt $((MEMORY + 64)) ] || continue
		mktemp -d "$folder/haiki-guest-memory.XXXXXX"
		return
	done
	return 1
}

# See wide_xstate.c. Without a compiler the guest runs all the same where the processor has no AMX.
make_wide_xstate() {
	local source=$HERE/wide_xstate.c library=$REPOSITORY/build/guest/wide_xstate.so
	if [ ! "$library" -nt "$source" ]; then
		mkdir -p "${library%/*}" && gcc -D_GNU_SOURCE -O2 -fPIC -shared -o "$library.$$" "$source" &&
			mv "$library.$$" "$library" || return 0
	fi
	echo "$library"
}

# Sets GUEST_COMMAND; or reason, and fails.
start_guest() {
	local image disk=0
	MEMORY=${MEMORY:-512}
	reason="no folder has room for $MEMORY MiB of memory that may be executed"
	MEMORY_FOLDER=$(memory_folder) || return 1
	chown nobody:nogroup "$MEMORY_FOLDER"
	mkdir "$CONTROL/uml"
	settings MODULES /usr/lib/uml/modules OUTPUT /dev/tty1 ERRORS /dev/tty2 SUBSYSTEMS "block mem"
	GUEST_COMMAND=(env -i "TMPDIR=$MEMORY_FOLDER" "PATH=$PATH" "LD_PRELOAD=$(make_wide_xstate)"
		linux.uml "mem=${MEMORY}M" root=/dev/root rootfstype=hostfs rootflags=/ ro quiet
		"init=$CONTROL/uml-init" "haiki.control=$CONTROL" "uml_dir=$CONTROL/uml" umid=guest
		nbd.nbds_max=0 max_loop=0 con=null con0=null,fd:5 con1=null,fd:3 con2=null,fd:4)
	for image in "${IMAGES[@]+"${IMAGES[@]}"}"; do
		GUEST_COMMAND+=("ubd$disk=$CONTROL/${image%%=*}.img")
		disk=$((disk + 1))
	done
	read -ra words <<<"$KERNEL_WORDS"
	GUEST_COMMAND+=("${words[@]+"${words[@]}"}" "${ARGUMENTS[@]+"${ARGUMENTS[@]}"}")
}

# Files that a recovery tool finds: made with what every Debian has. Sourced after lib.sh.
# SPDX-License-Identifier: GPL-3.0-or-later

MARKER="HAIKI-MARKER-7f3a"

# One small valid file of each kind that photorec knows, with the marker inside.
# marked_file NUMBER FOLDER
marked_file() {
	local text="$MARKER-$1 resident register, number 1234 5678 9012"
	yes "$text" | head -n 200 >"$2/note-$1.txt"
	# A PNG of 64×64 grey pixels, its text chunk carrying the marker.
	! perl -MCompress::Zlib -e 1 2>/dev/null || perl -MCompress::Zlib -e '
		sub chunk { my ($t, $d) = @_; pack("N", length $d) . $t . $d . pack("N", crc32($t . $d)) }
		print "\x89PNG\r\n\x1a\n", chunk("IHDR", pack("NNCCCCC", 64, 64, 8, 0, 0, 0, 0)),
			chunk("tEXt", "Comment\0" . $ARGV[0]),
			chunk("IDAT", compress(join "", map { "\0" . chr(3 * $_) x 64 } 0 .. 63)),
			chunk("IEND", "")' "$text" >"$2/scan-$1.png"
	# A PDF and a gzip.
	printf '%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%% %s\nxref\n0 3\n0000000000 65535 f \n0000000009 00000 n \n0000000052 00000 n \ntrailer<</Size 3/Root 1 0 R>>\nstartxref\n200\n%%%%EOF\n' \
		"$text" >"$2/form-$1.pdf"
	gzip -9 --keep --no-name "$2/note-$1.txt"
}

# plant_markers DEVICE: an ext4 full of them, half of them deleted again as a careful user would.
plant_markers() {
	local folder=$CASE/planted number
	assert_ours "$1"
	mkfs.ext4 -q -F -L planted "$1"
	mkdir -p "$folder"
	mount "$1" "$folder"
	for number in $(seq 40); do
		marked_file "$number" "$folder"
	done
	rm "$folder"/*-[12]*
	sync "$folder"
	umount "$folder"
}

# Lines with the marker on the raw medium.
marker_count() {
	contents "$1" | grep --text --count "$MARKER" || true
}

# photorec_count DEVICE NAME: REPLY is how many files photorec recovers from a copy of the medium.
photorec_count() {
	local folder=$CASE/photorec-$2
	mkdir -p "$folder"
	contents "$1" >"$folder/image"
	(cd "$folder" && timeout 120 photorec /log /d "$folder/found" \
		/cmd "$folder/image" partition_none,options,paranoid,fileopt,everything,enable,search \
		>/dev/null 2>&1 </dev/null) || true
	REPLY=$(find "$folder" -path "$folder/found*" -type f ! -name report.xml | wc -l)
}

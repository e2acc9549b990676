#!/bin/bash
# A certificate's PDF as other people's programs see it: qpdf, poppler, a scanner of QR codes; and as a person sees it
# across a room.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

# ---- what programs say ----

# pdf_of [FILE]: the PDF beside a certificate's JSON.
pdf_of() {
	local file=${1:-$(certificate_of)}
	echo "${file%.json}.pdf"
}

# One revision, wholly signed by our signer, with just these files, everything embedded. The JSON of it is $1.
assert_sound() {
	local json=$1 pdf name
	need qpdf pdfsig pdfdetach pdffonts pdfinfo
	pdf=$(pdf_of "$json")
	name=$(basename "${json%.json}")
	qpdf --check "$pdf" >"$CASE/qpdf" 2>&1 || { cat "$CASE/qpdf"; fail "qpdf --check"; }
	grep -q "No syntax or stream encoding errors" "$CASE/qpdf" || fail "qpdf: $(cat "$CASE/qpdf")"
	pdfsig "$pdf" >"$CASE/pdfsig" 2>&1
	assert_same 1 "$(grep -c "^Signature #" "$CASE/pdfsig")" "signatures"
	grep -q "Signature is Valid" "$CASE/pdfsig" || fail "pdfsig: $(cat "$CASE/pdfsig")"
	grep -q "Total document signed" "$CASE/pdfsig" || fail "pdfsig: $(cat "$CASE/pdfsig")"
	grep -q "ETSI.CAdES.detached" "$CASE/pdfsig" || fail "pdfsig: $(cat "$CASE/pdfsig")"
	mkdir -p "$CASE/attached"
	pdfdetach -saveall -o "$CASE/attached" "$pdf"
	cmp "$json" "$CASE/attached/$name.json"
	cmp "${json%.json}.p7s" "$CASE/attached/$name.p7s"
	cmp "${json%.json}.proof" "$CASE/attached/$name.proof"
	assert_same 3 "$(find "$CASE/attached" -type f | wc -l)" "attachments"
	rm -r "$CASE/attached"
	# every font: embedded, a subset, with its letters' meaning
	pdffonts "$pdf" | tail -n +3 >"$CASE/fonts"
	[ -s "$CASE/fonts" ] || fail "there are no fonts"
	grep -qv "yes yes yes" "$CASE/fonts" && fail "fonts: $(cat "$CASE/fonts")"
	pdfinfo "$pdf" | grep -q "Page size:.*A4" || fail "no A4: $(pdfinfo "$pdf")"
	run_haiki verify certificate "$pdf" --trust "$STATE/keys/ca.crt" --json
	jq --exit-status '.certificates[0].valid == 1' "$CASE/out" >"$CASE/valid" || fail "$(cat "$CASE/out")"
}

text_of() {
	need pdftotext
	pdftotext "$(pdf_of "$1")" -
}

# assert_says JSON TEXT…: the pages have these words as text.
assert_says() {
	local json=$1 word
	text_of "$json" >"$CASE/text"
	shift
	for word; do
		grep -qF -- "$word" "$CASE/text" || fail "the pages do not say \"$word\": $(cat "$CASE/text")"
	done
}

assert_says_not() {
	local json=$1 word
	text_of "$json" >"$CASE/text"
	shift
	for word; do
		grep -qF -- "$word" "$CASE/text" && fail "the pages say \"$word\""
	done
	return 0
}

# The QR code: where the ledger has it, and the digest of the JSON.
assert_qr() {
	local json=$1 origin index
	need pdftoppm zbarimg
	origin=$(jq --raw-output .ledger.origin "$json")
	index=$(sed -n 's/^index //p' "${json%.json}.proof")
	pdftoppm -r 150 -f 1 -l 1 -png "$(pdf_of "$json")" "$CASE/page"
	assert_same "haiki:$origin:$index:$(sha256sum <"$json" | cut -d ' ' -f 1)" \
		"$(zbarimg --quiet --raw -S*.disable -Sqrcode.enable "$CASE"/page-1.png)" "the QR code"
}

# ---- what a person sees ----

# darkness PDF PAGE LEFT TOP RIGHT BOTTOM (hundredths of the page): per cent of black there, so coarse that no letter
# can be read.
darkness() {
	need pdftoppm perl
	pdftoppm -r 15 -gray -f "$2" -l "$2" "$1" "$CASE/coarse"
	perl -e '
		my ($left, $top, $right, $bottom) = @ARGV[1 .. 4];
		open my $in, "<:raw", $ARGV[0] or die; local $/; my $all = <$in>;
		$all =~ /\AP5\s+(\d+)\s+(\d+)\s+255\s/ or die "no PGM";
		my ($w, $h, $at) = ($1, $2, $+[0]);
		my ($sum, $count) = (0, 0);
		for my $y (int($h * $top / 100) .. int($h * $bottom / 100) - 1) {
			for my $x (int($w * $left / 100) .. int($w * $right / 100) - 1) {
				$sum += 255 - ord substr $all, $at + $y * $w + $x, 1; $count++;
			}
		}
		printf "%d\n", 100 * $sum / 255 / $count;' "$CASE"/coarse-*"$2".pgm "$3" "$4" "$5" "$6"
	rm "$CASE"/coarse-*
}

assert_looks() {
	local pdf pages page verdict edge
	pdf=$(pdf_of "$1")
	verdict=$(darkness "$pdf" 1 25 10 75 16)
	pages=$(pdfinfo "$pdf" | sed -n 's/^Pages: *//p')
	[ "$pages" -le 4 ] || fail "$pages pages"
	echo "verdict $verdict of 100 dark, $pages pages"
	case $2 in
	good) [ "$verdict" -lt 30 ] || fail "the verdict of a proven job is $verdict of 100 dark" ;;
	bad) [ "$verdict" -gt 50 ] || fail "the verdict of a job that proved nothing is $verdict of 100 dark" ;;
	esac
	for ((page = 1; page <= pages; page++)); do
		edge=$(darkness "$pdf" "$page" 0 2 3 98)
		case $2 in
		good) [ "$edge" -lt 2 ] || fail "page $page has bars at its edge: $edge of 100" ;;
		bad) [ "$edge" -gt 25 ] || fail "page $page has no bars at its edge: $edge of 100" ;;
		esac
	done
}

# ---- cases ----

proven() {
	local device file
	make_keys
	make_drive device $MIB
	wipe "$device" --operator "髙橋 𠮷郎" --operator-title "主任" --place "東京第1データセンター" --witness "渡邉 咲"
	assert_exit 0
	assert_json '.jobs[0].pdf == 1 and .jobs[0].pdf_error.code == ""'
	file=$(certificate_of)
	assert_sound "$file"
	assert_same 0 "$STATUS" "the auditor's verdict"
	assert_says "$file" "$(jq --raw-output .subject.identity.serial "$file")" "データ消去証明書" "抹消済み" "ERASED, PROVEN" \
		"製造番号" "髙橋" "東京第1データセンター" "渡邉 咲" "no time stamp"
	assert_qr "$file"
	assert_looks "$file" good
}

# assert_no_success JSON ENGLISH: nothing of the pages can be taken for a certificate of erasure.
assert_no_success() {
	assert_sound "$1"
	assert_says "$1" "$2" "未証明の記録" "NOT a certificate"
	assert_says_not "$1" "データ消去証明書" "抹消済み" "ERASED, PROVEN" "証明済み"
	assert_qr "$1"
	assert_looks "$1" bad
}

failed() {
	local device
	make_keys
	make_faulty device $MIB
	tell "$device" "unwritable 512 512"
	wipe "$device"
	assert_exit 1
	assert_says "$(certificate_of)" "Some sectors could not be written."
	assert_no_success "$(certificate_of)" "NOT PROVEN ERASED: FAILED"
}

refused() {
	local device
	need mkfs.ext4
	make_keys
	make_drive device $((8 * MIB))
	mkfs.ext4 -q "$device"
	mkdir "$CASE/mounted"
	mount "$device" "$CASE/mounted"
	wipe "$device"
	assert_exit 3
	assert_no_success "$(certificate_of)" "NOT ERASED: REFUSED"
}

interrupted() {
	local device serial
	make_keys
	make_drive device $((6 * MIB))
	serial=$(serial_of "$device")
	start_haiki wipe run "$device" --serial "$serial" --json --rate 1M
	until_true 20 overwriting "$CASE/err"
	kill -INT "$PID"
	wait_haiki
	assert_exit 5
	assert_no_success "$(certificate_of)" "NOT ERASED: INTERRUPTED"
}
overwriting() {
	grep -q '"step":1' "$1"
}

# Texts of every kind stay where they belong, and none of them is taken for markup.
hostile() {
	local device file long
	long=$(printf '長%.0s' $(seq 1 25))
	make_keys
	make_drive device $MIB
	wipe "$device" --operator "<span size='100000'>&lt;$long" --operator-title '<!--' --place "葛󠄀飾区 﨑 ①" \
		--witness "𠮷野家 שלום" --ticket '%s%n\n(\)' --tenant "</text>" --asset-number "/URI (http://example.invalid)"
	assert_exit 0
	file=$(certificate_of)
	assert_sound "$file"
	assert_says "$file" "<span size='100000'>&lt;" "<!--" '%s%n\n(\)' "</text>" "/URI (http://example.invalid)"
	assert_qr "$file"
	assert_looks "$file" good
}

# Without a Japanese font there is no PDF and a clear word about it; the certificate itself is whole.
no_font() {
	local device job file
	need jq
	mkdir "$CASE/no-fonts"
	printf '%s\n' '<?xml version="1.0"?>' '<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">' \
		"<fontconfig><dir>$CASE/no-fonts</dir><cachedir>$CASE/fontcache</cachedir></fontconfig>" >"$CASE/fonts.conf"
	make_keys
	make_drive device $MIB
	FONTCONFIG_FILE=$CASE/fonts.conf wipe "$device"
	assert_exit 0
	assert_json '.jobs[0] | .outcome == "proven" and .pdf == 0 and .pdf_error.code == "pdf-font" and .certificate_error.code == ""'
	file=$(certificate_of)
	job=$(job_of)
	[ ! -e "$(pdf_of "$file")" ] || fail "there is a PDF"
	verify_certificate "$file"
	assert_exit 0
	# and with one it is made by the next command that writes the certificate
	run_haiki report certificate "$job" --json
	assert_exit 0
	assert_json '.pdf == 1 and .pdf_error.code == ""'
	assert_sound "$file"
}

# It is made when it is missing, stays when it is there, and takes the place of nothing else.
made_again() {
	local device job file pdf before
	need jq qpdf
	make_keys
	make_drive device $MIB
	wipe "$device"
	assert_exit 0
	file=$(certificate_of)
	job=$(job_of)
	pdf=$(pdf_of "$file")
	before=$(sha256sum <"$pdf")
	run_haiki report certificate "$job" --json
	assert_exit 0
	assert_same "$before" "$(sha256sum <"$pdf")" "a PDF that was there"
	rm "$pdf"
	run_haiki report certificate "$job" --json
	assert_exit 0
	assert_sound "$file"
	# the next run makes what an earlier one left
	rm "$pdf"
	make_drive device $MIB
	wipe "$device"
	assert_exit 0
	assert_sound "$file"
	# another file under its name is kept, and told
	echo "something else" >"$pdf"
	run_haiki report certificate "$job" --json
	assert_exit 0
	assert_json '.pdf == 0 and .pdf_error.code == "certificate-differs"'
	assert_same "something else" "$(cat "$pdf")" "the file under its name"
}

# Nobody gets our signature on pages of a certificate that we did not issue.
not_ours() {
	local device job file name
	need jq openssl
	make_keys
	make_drive device $MIB
	wipe "$device"
	assert_exit 0
	file=$(certificate_of)
	job=$(job_of)
	name=$(basename "$file" .json)
	rm "$(pdf_of "$file")"
	jq --compact-output --sort-keys --join-output '.subject.asset_number = "FORGED"' "$file" >"$CASE/forged.json"
	mkdir "$CASE/other"
	STATE=$CASE/other make_keys
	openssl cms -sign -binary -cades -outform DER -signer "$CASE/other/keys/signer.crt" -inkey "$CASE/other/keys/signer.key" \
		-certfile "$CASE/other/keys/ca.crt" -in "$CASE/forged.json" -out "$CASE/forged.p7s"
	mkdir "$CASE/made"
	cp "$CASE/forged.json" "$STATE/certificates/$name.json"
	cp "$CASE/forged.p7s" "$STATE/certificates/$name.p7s"
	rm "${file%.json}.proof"
	make_drive device $MIB
	wipe "$device"
	[ ! -e "$(pdf_of "$STATE/certificates/$name.json")" ] || fail "a forged certificate got a PDF signed by us"
}

check "a proven job: sound, signed as a whole, readable, with its QR code" proven
check "a failed job cannot be taken for a success" failed
check "a refused job cannot be taken for a success" refused
check "an interrupted job cannot be taken for a success" interrupted
check "hostile texts stay where they belong" hostile
check "without a Japanese font there is a certificate, and no PDF" no_font
check "made when missing, kept when there, in the place of nothing else" made_again
check "a certificate that is not ours gets no PDF of ours" not_ours
finish

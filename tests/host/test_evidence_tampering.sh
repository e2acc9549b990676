#!/bin/bash
# The tampering table, end to end: whatever is changed in the JSON, the CMS, the proof, the PDF or the ledger is
# refused, each for a reason of its own; by haiki, and by haiki-verify, which has nothing of storage.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/authority.sh"

VERIFIER=$(dirname "$HAIKI")/haiki-verify

# One proven job. FILE: its certificate's JSON; NAME: without ending. TRUST: what an auditor has.
issue() {
	local device
	need jq perl
	make_keys
	make_drive device $MIB
	wipe "$device"
	assert_exit 0
	FILE=$(certificate_of)
	NAME=${FILE%.json}
	TRUST=$STATE/keys/ca.crt
	local ending
	for ending in json p7s proof pdf; do
		[ -s "$NAME.$ending" ] || fail "there is no $NAME.$ending"
	done
}

# Another one of the same state; its NAME.
issue_another() {
	local device
	make_drive device $MIB
	wipe "$device"
	assert_exit 0
	ANOTHER=$(certificate_of)
	ANOTHER=${ANOTHER%.json}
}

verify() {
	run_haiki verify certificate "$@" --trust "$TRUST" --json
}

# failed CHECK CODE: the only certificate of the last run is not valid, for this reason.
failed() {
	assert_exit 1
	assert_json ".certificates | length == 1 and .[0].valid == 0"
	assert_json ".certificates[0].checks[] | select(.check == \"$1\") | .result == \"failed\" and .error.code == \"$2\""
}

# ---- each byte ----

# change_each ENDING STEP: for every STEP-th byte a copy of the bundle in $CASE/copies that differs there.
change_each() {
	mkdir -p "$CASE/copies"
	perl -e 'my ($name, $ending, $step, $to) = @ARGV;
		open F, "<:raw", "$name.$ending" or die; local $/; my $bytes = <F>;
		for (my $i = 0; $i < length $bytes; $i += $step) {
			my $copy = $bytes;
			substr($copy, $i, 1) = chr(ord(substr($copy, $i, 1)) ^ ($i % 2 ? 1 : 0x20));
			my $at = sprintf "%s/%07d", $to, $i;
			open G, ">:raw", "$at.$ending" or die; print G $copy; close G or die;
			next if $ending eq "pdf";
			for (qw(json p7s proof)) { link "$name.$_", "$at.$_" or die if $_ ne $ending }
		}' "$NAME" "$1" "$2" "$CASE/copies"
}

# each_byte ENDING STEP CHECKS CODES: none of them is valid, and each fails in such a check by such a code.
each_byte() {
	local reasons=$3 codes=$4
	issue
	change_each "$1" "$2"
	verify "$CASE/copies"
	assert_exit 1
	assert_json ".certificates | length > 50"
	assert_json "[.certificates[] | select(.valid != 0 or .proven != 0)] | length == 0"
	assert_json "[.certificates[] | select([.checks[] |
		select((.check | test(\"$reasons\")) and .result == \"failed\" and (.error.code | test(\"$codes\")))] |
		length == 0)] | length == 0"
}

# ---- the PDF ----

# Replace the bytes at the one place that matches.
replace() {
	perl -e 'my ($file, $from, $to) = @ARGV; open F, "+<:raw", $file or die; local $/; $_ = <F>;
		length $from == length $to or die "lengths";
		my $at = index $_, $from; $at >= 0 or die "not there";
		seek F, $at, 0; print F $to; close F or die' "$@" || fail "$2 is not in $1"
}

good_pdf() {
	issue
	cp "$NAME.pdf" "$CASE/one.pdf"
	verify "$CASE/one.pdf" --require document,attachments,ledger
	assert_exit 0
}

# What pdfsig calls valid: a page's worth of new objects behind the signed revision.
appended_update() {
	good_pdf
	local size
	size=$(stat --format=%s "$CASE/one.pdf")
	{
		printf '3 0 obj\n<< /Type /Page >>\nendobj\n'
		printf 'xref\n3 1\n%010d 00000 n \ntrailer\n<< /Size 4 /Root 1 0 R /Prev 15 >>\n' "$size"
		printf 'startxref\n%d\n%%%%EOF\n' $((size + 37))
	} >>"$CASE/one.pdf"
	verify "$CASE/one.pdf"
	failed document pdf-appended
}

byte_behind() {
	good_pdf
	echo >>"$CASE/one.pdf"
	verify "$CASE/one.pdf"
	failed document pdf-appended
}

cut_pdf() {
	good_pdf
	truncate --size=-"$1" "$CASE/one.pdf"
	verify "$CASE/one.pdf"
	failed document pdf-malformed
}

changed_padding() {
	good_pdf
	replace "$CASE/one.pdf" '00000000>' '00000001>'
	verify "$CASE/one.pdf"
	failed document pdf-padding
}

# The JSON within says another serial, of the same length.
swapped_attachment() {
	good_pdf
	local serial
	serial=$(jq --raw-output .subject.identity.serial "$FILE")
	replace "$CASE/one.pdf" "\"serial\":\"$serial\"" "\"serial\":\"X${serial:1}\""
	verify "$CASE/one.pdf"
	failed document signature-wrong-content
	assert_json '[.certificates[0].checks[] | select(.check == "signature" or .check == "attachments") | .error.code] ==
		["attachment-differs", "signature-wrong-content"]'
}

second_signature() {
	good_pdf
	replace "$CASE/one.pdf" '/MediaBox [' '/ByteRange['
	verify "$CASE/one.pdf"
	failed document pdf-signature-count
}

# ---- keys and times ----

another_key() {
	issue
	mv "$STATE/keys" "$CASE/first-keys"
	make_keys
	verify "$NAME.pdf"
	failed document signature-wrong-signer
	failed chain signature-wrong-signer
}

expired() {
	issue
	verify "$FILE" --at 2060-01-01
	failed chain signer-expired
	verify "$NAME.pdf" --at 2060-01-01
	failed document signer-expired
	verify "$FILE" --at yesterday
	assert_exit 2
}

required() {
	local word
	issue
	for word in revocation timestamp superseded document; do
		verify "$FILE" --require "$word"
		failed "$word" check-required
	done
	verify "$FILE" --require canonical,ledger,chain
	assert_exit 0
	verify "$FILE" --require everything
	assert_exit 2
}

revoked() {
	issue
	[ -s "$STATE/keys/ca.crl" ] || fail "there is no ca.crl"
	verify "$FILE" --crl "$STATE/keys/ca.crl" --require revocation
	assert_exit 0
	run_haiki report key revoke "$STATE/keys/signer.crt" --reason key-compromise
	assert_exit 0
	verify "$FILE" --crl "$STATE/keys/ca.crl"
	failed revocation signer-revoked
	verify "$NAME.pdf" --crl "$STATE/keys/ca.crl"
	failed document signer-revoked
}

# ---- time stamps ----

# swap_stamps FROM TO: TO's signature gets the unsigned attributes, the time stamp, of FROM's.
swap_stamps() {
	perl -e 'use strict;
		sub slurp { open my $f, "<:raw", shift or die; local $/; <$f> }
		sub split_der { # the elements of a run of DER, as [tag, content]
			my ($in, @out) = @_;
			while (length $in) {
				my ($tag, $n, $at) = (ord $in, ord(substr $in, 1, 1), 2);
				if ($n > 127) { my $m = $n & 127; $n = 0; $n = $n << 8 | ord substr $in, $at++, 1 for 1 .. $m }
				push @out, [$tag, substr $in, $at, $n];
				$in = substr $in, $at + $n;
			}
			return @out;
		}
		sub join_der {
			join "", map { my ($tag, $in) = @$_; my $n = length $in;
				chr($tag) . ($n < 128 ? chr $n : $n < 256 ? "\x81" . chr $n : "\x82" . pack "n", $n) . $in } @_;
		}
		sub attributes { # of the first signer; given others, the file with them
			my ($file, $new) = @_;
			my @info = split_der($file); my @outer = split_der($info[0][1]); my @tagged = split_der($outer[1][1]);
			my @data = split_der($tagged[0][1]); my @signers = split_der($data[-1][1]); my @signer = split_der($signers[0][1]);
			$signer[-1][0] == 0xA1 or die "not stamped";
			return $signer[-1][1] unless defined $new;
			$signer[-1][1] = $new; $signers[0][1] = join_der(@signer); $data[-1][1] = join_der(@signers);
			$tagged[0][1] = join_der(@data); $outer[1][1] = join_der(@tagged); $info[0][1] = join_der(@outer);
			return join_der(@info);
		}
		my $swapped = attributes(slurp($ARGV[1]), attributes(slurp($ARGV[0])));
		open my $f, ">:raw", $ARGV[1] or die; print $f $swapped; close $f or die' "$1" "$2" || fail "the stamps cannot be swapped"
}

stamp_of_another() {
	start_authority
	issue
	issue_another
	verify "$FILE" --tsa-trust "$CASE/tsa/ca.crt" --require timestamp
	assert_exit 0
	swap_stamps "$ANOTHER.p7s" "$NAME.p7s"
	openssl_verify "$FILE" || fail "openssl looks at it: $(cat "$CASE/openssl")"
	verify "$FILE" --tsa-trust "$CASE/tsa/ca.crt"
	failed timestamp timestamp-other-data
	verify "$ANOTHER.pdf" --tsa-trust "$CASE/tsa/ca.crt" --require timestamp,document
	assert_exit 0
}

each_byte_of_a_stamp() {
	start_authority
	issue
	change_each p7s 37
	verify "$CASE/copies" --tsa-trust "$CASE/tsa/ca.crt"
	assert_exit 1
	assert_json ".certificates | length > 50"
	assert_json "[.certificates[] | select(.valid != 0)] | length == 0"
	verify "$FILE" --tsa-trust "$CASE/tsa/stranger.crt"
	failed timestamp timestamp-signer
}

# ---- the ledger ----

export_ledger() {
	run_haiki report ledger export "$1"
	assert_exit 0
}

in_the_ledger() {
	issue
	export_ledger "$CASE/ledger"
	verify "$FILE" --ledger "$CASE/ledger" --require ledger,superseded
	assert_exit 0
	verify "$FILE" --ledger "$CASE/ledger" --ledger-key "$CASE/ledger/ledger.vkey"
	assert_exit 0
	rm "$NAME.proof"
	verify "$FILE" --ledger-key "$(cat "$CASE/ledger/ledger.vkey")" --require ledger
	failed ledger check-required
	verify "$FILE" --ledger "$CASE/ledger" --require ledger
	assert_exit 0
}

proof_of_another() {
	issue
	issue_another
	cat "$ANOTHER.proof" >"$NAME.proof"
	verify "$FILE"
	failed ledger ledger-other-certificate
}

# tile DIR: the file of it that a byte is changed in.
changed_ledger() {
	issue
	export_ledger "$CASE/ledger"
	local file
	file=$(find "$CASE/ledger" -type f -path "*/$1" | sort | head -n 1)
	[ -n "$file" ] || fail "there is no $1"
	perl -e 'open F, "+<:raw", $ARGV[0] or die; local $/; $_ = <F>; my $at = int(length($_) / 2);
		seek F, $at, 0; print F chr(ord(substr($_, $at, 1)) ^ 1); close F or die' "$file"
	verify "$FILE" --ledger "$CASE/ledger" --ledger-key "$STATE/keys/ledger.vkey"
	assert_exit 1
	jq --raw-output '.error.code' "$CASE/out" | grep -qxE "$2" || {
		show_last_run
		fail "none of the codes: $2"
	}
}

missing_from_the_ledger() {
	issue
	export_ledger "$CASE/ledger"
	issue_another
	verify "$ANOTHER.json" --ledger "$CASE/ledger"
	assert_exit 0 # it is newer, and its proof says so
	rm "$ANOTHER.proof"
	verify "$ANOTHER.json" --ledger "$CASE/ledger"
	failed ledger ledger-missing
}

# The same keys over the same beginning, and then two histories.
forked() {
	issue
	cp -a "$STATE" "$CASE/fork"
	issue_another
	local kept=$STATE
	STATE=$CASE/fork
	run_haiki report key rotate
	assert_exit 0
	local device
	make_drive device $MIB
	wipe "$device"
	assert_exit 0
	make_drive device $MIB
	wipe "$device"
	assert_exit 0
	export_ledger "$CASE/ledger"
	STATE=$kept
	verify "$ANOTHER.json" --ledger "$CASE/ledger" --ledger-key "$STATE/keys/ledger.vkey"
	failed ledger ledger-forked
	verify "$FILE" --ledger "$CASE/ledger" --ledger-key "$STATE/keys/ledger.vkey"
	assert_exit 0 # of the beginning they have together
}

another_ledger() {
	issue
	mv "$STATE" "$CASE/first"
	make_keys
	verify "$CASE/first/certificates/$(basename "$FILE")" --ledger-key "$STATE/keys/ledger.vkey" --trust "$TRUST"
	assert_exit 2 # --trust twice
	TRUST=$CASE/first/keys/ca.crt
	verify "$CASE/first/certificates/$(basename "$FILE")" --ledger-key "$STATE/keys/ledger.vkey"
	failed ledger ledger-other-key
}

started_step() {
	[ "$(sqlite3 "$STATE/haiki.db" "SELECT count(*) FROM evidence WHERE kind = 'started'")" -gt 0 ]
}

# A cut job's record, and the certificate that came after it.
superseded() {
	local device first later
	need sqlite3 jq
	make_keys
	make_drive device $((8 * MIB))
	start_haiki wipe run "$device" --serial "$(serial_of "$device")" --json --rate 2M
	until_true 20 started_step
	kill -TERM "$PID"
	wait_haiki
	assert_exit 5
	first=$(certificate_of)
	run_haiki wipe resume "$(job_of)" --json
	assert_exit 0
	later=$(certificate_of)
	TRUST=$STATE/keys/ca.crt
	assert_json ".supersedes == \"$(basename "$first" .json)\"" "$later"
	verify "$first"
	assert_exit 1
	assert_json '.certificates[0] | .valid == 1 and .proven == 0'
	verify "$first" "$later"
	assert_exit 6
	assert_json '.certificates | map(.valid) == [0, 1]'
	assert_json ".certificates[0].checks[] | select(.check == \"superseded\") |
		.error.code == \"certificate-superseded\" and (.error.what | contains(\"$(basename "$later" .json)\"))"
	export_ledger "$CASE/ledger"
	verify "$first" --ledger "$CASE/ledger"
	failed superseded certificate-superseded
	verify "$later" --ledger "$CASE/ledger" --require superseded
	assert_exit 0
}

# ---- many, and the auditor's own program ----

ten_thousand() {
	issue
	mkdir "$CASE/many"
	perl -e 'my ($name, $to) = @ARGV; for my $i (1 .. 10000) { for (qw(json p7s proof)) {
		link "$name.$_", "$to/$i.$_" or die } }' "$NAME" "$CASE/many"
	(cd "$CASE/many" && ls ./*.json >"$CASE/names")
	cd "$CASE/many"
	local names
	mapfile -t names <"$CASE/names"
	verify "${names[@]}" # all on one command line
	cd "$REPOSITORY"
	assert_exit 0
	assert_json '.certificates | length == 10000 and all(.proven == 1)'
	truncate --size=-1 "$CASE/many/777.p7s" # a link: the same file behind all
	verify "$CASE/many"
	assert_exit 1
	assert_json '.certificates | length == 10000 and all(.proven == 0)'
}

auditors_program() {
	need readelf
	[ -x "$VERIFIER" ] || fail "there is no $VERIFIER: run make first"
	! ldd "$HAIKI" | grep -q libasan || skip "a sanitizer brings libraries of its own"
	assert_same "libc.so.6 libcrypto.so.3 libjansson.so.4" \
		"$(readelf --dynamic "$VERIFIER" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort | xargs)" "linked"
	issue
	export_ledger "$CASE/ledger"
	local file
	for file in "$FILE" "$NAME.pdf" "$STATE/certificates"; do
		verify "$file" --ledger "$CASE/ledger"
		assert_exit 0
		"$VERIFIER" certificate "$file" --trust "$TRUST" --ledger "$CASE/ledger" --json >"$CASE/auditor" ||
			fail "haiki-verify: $?"
		cmp "$CASE/out" "$CASE/auditor" || fail "they do not say the same"
	done
	"$VERIFIER" ledger "$CASE/ledger" --trust "$TRUST" >"$CASE/auditor" || fail "haiki-verify ledger: $?"
	truncate --size=-1 "$FILE"
	! "$VERIFIER" certificate "$FILE" --trust "$TRUST" >"$CASE/auditor" || fail "haiki-verify believes anything"
	! "$VERIFIER" certificate "$NAME.pdf" >"$CASE/auditor" 2>&1 || fail "haiki-verify trusts nobody by itself"
}

check "each byte of the JSON" each_byte json 23 '^signature$' '^signature-wrong-content$'
check "each byte of the signature" each_byte p7s 5 '^(signature|chain)$' '^sign(ature|er)-'
check "each byte of the proof" each_byte proof 5 '^ledger$' '^(proof|note|checkpoint|record|ledger)-'
check "each byte of the PDF" each_byte pdf 499 '^document$' '^(pdf|sign(ature|er))-'
check "a PDF with an update behind it" appended_update
check "a PDF with a byte behind it" byte_behind
check "a PDF that was cut" cut_pdf 1
check "a PDF that was cut in half" cut_pdf 50000
check "changed padding of the signature" changed_padding
check "a swapped attachment" swapped_attachment
check "a second signature" second_signature
check "another key" another_key
check "an expired signer" expired
check "what was required and is not there" required
check "a revoked signer" revoked
check "the time stamp of another certificate" stamp_of_another
check "each byte of a time stamp" each_byte_of_a_stamp
check "in the ledger" in_the_ledger
check "the proof of another certificate" proof_of_another
check "a changed checkpoint" changed_ledger checkpoint 'note-.*|checkpoint-.*'
check "a changed tile" changed_ledger 'tile/0/*' 'tile-.*|entry-differs'
check "a changed entry" changed_ledger 'tile/entries/*' 'tile-.*|entry-differs'
check "a changed record" changed_ledger 'records/*' 'record-.*|ledger-.*'
check "a certificate that the ledger lacks" missing_from_the_ledger
check "a forked ledger" forked
check "another ledger" another_ledger
check "superseded" superseded
check "ten thousand in one call" ten_thousand
check "the auditor's own program" auditors_program
finish

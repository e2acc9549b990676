#!/bin/bash
# Certificates that are not what was issued: exit 1, each with a reason of its own.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

# One proven job; FILE is its certificate.
issue() {
	local device
	make_keys
	make_drive device $MIB
	wipe "$device"
	assert_exit 0
	FILE=$(certificate_of)
	verify_certificate "$FILE"
	assert_exit 0
}

# refused_with CODE…: the certificate is invalid, for one of these reasons.
refused_with() {
	local code
	verify_certificate "$FILE"
	assert_exit 1
	for code; do
		jq --raw-output '.. | objects | .code? // empty' "$CASE/out" | grep -qx "$code" && return 0
	done
	show_last_run
	fail "none of the codes: $*"
}

truncated() {
	issue
	truncate --size=-"$1" "$FILE"
	refused_with certificate-truncated
}

empty() {
	issue
	: >"$FILE"
	refused_with certificate-truncated certificate-malformed
}

reencoded() {
	issue
	jq . "$FILE" >"$CASE/new" && cat "$CASE/new" >"$FILE"
	refused_with json-not-canonical
}

newline_behind() {
	issue
	echo >>"$FILE"
	refused_with json-not-canonical
}

duplicate_key() {
	issue
	sed -i 's/^{/{"format":"haiki-certificate",/' "$FILE"
	refused_with json-duplicate-key
}

# Canonical again after the edit, so that only the signature can tell.
edit() {
	jq --compact-output --sort-keys --join-output "$1" "$FILE" >"$CASE/new"
	cmp --silent "$CASE/new" "$FILE" && fail "the edit changed nothing"
	cat "$CASE/new" >"$FILE"
}

edited() {
	issue
	edit "$1"
	refused_with signature-wrong-content
}

# A failed job whose record is made to say proven, and signed by the real key: the judge differs.
lying_operator() {
	local device
	make_keys
	make_faulty device $MIB
	tell "$device" "unwritable 512 512"
	wipe "$device"
	assert_exit 1
	FILE=$(certificate_of)
	edit ".verdict.outcome = \"proven\" | .verdict.level = \"clear\" | .verdict.reasons = []"
	openssl cms -sign -binary -outform DER -in "$FILE" -signer "$STATE/keys/signer.crt" \
		-inkey "$STATE/keys/signer.key" -md sha256 -cades -nosmimecap \
		-certfile "$STATE/keys/ca.crt" -out "${FILE%.json}.p7s" 2>"$CASE/openssl" ||
		fail "openssl: $(cat "$CASE/openssl")"
	openssl_verify "$FILE" || fail "the forgery is not even well signed: $(cat "$CASE/openssl")"
	refused_with judgement-differs
}

another_key() {
	issue
	mv "$STATE/keys" "$CASE/first-keys"
	make_keys
	refused_with signature-wrong-signer
}

broken_signature() {
	issue
	# The last bytes of the DER are the signature value itself.
	local signature=${FILE%.json}.p7s size
	size=$(stat --format=%s "$signature")
	printf '\377\377' | dd of="$signature" bs=1 seek=$((size - 2)) conv=notrunc status=none
	refused_with signature-broken signature-malformed
}

malformed_signature() {
	issue
	head -c 100 "${FILE%.json}.p7s" >"$CASE/new" && cat "$CASE/new" >"${FILE%.json}.p7s"
	refused_with signature-malformed
}

missing_signature() {
	issue
	rm "${FILE%.json}.p7s"
	verify_certificate "$FILE"
	assert_exit 1 2
}

swapped_signatures() {
	local first
	issue
	first=$FILE
	local device
	make_drive device $MIB
	wipe "$device"
	FILE=$(certificate_of)
	cp "${first%.json}.p7s" "${FILE%.json}.p7s"
	refused_with signature-wrong-content
}

# The signer's certificate is over: looked at from thirty years later.
expired() {
	need faketime
	! ldd "$HAIKI" | grep -q libasan || skip "a sanitizer takes the calls first"
	issue
	WRAPPER="faketime +30years" verify_certificate "$FILE"
	[ "$STATUS" -eq 0 ] && skip "faketime does not reach this binary"
	assert_exit 1
	assert_code signer-expired
}

another_drive() {
	issue
	run_haiki verify certificate "$FILE" --trust "$STATE/keys/ca.crt" --serial ANOTHER --json
	assert_exit 1
	run_haiki verify certificate "$FILE" --trust "$STATE/keys/ca.crt" --json \
		--serial "$(jq --raw-output .subject.identity.serial "$FILE")"
	assert_exit 0
}

many_files() {
	local good
	issue
	good=$FILE
	mkdir "$CASE/copies"
	cp "$good" "${good%.json}.p7s" "$CASE/copies"
	truncate --size=-1 "$CASE/copies/$(basename "$good")"
	run_haiki verify certificate "$good" "$CASE/copies/$(basename "$good")" --trust "$STATE/keys/ca.crt" --json
	assert_exit 6
}

# The store is not needed to check, and every record checks with OpenSSL alone.
offline() {
	issue
	openssl_verify "$FILE"
	local trust=$STATE/keys/ca.crt
	STATE=$CASE/nowhere
	run_haiki verify certificate "$FILE" --trust "$trust" --json
	assert_exit 0
	[ ! -e "$CASE/nowhere" ] || fail "checking made a state folder"
}

check "truncated by a byte" truncated 1
check "truncated by half" truncated 1500
check "empty" empty
check "re-encoded" reencoded
check "a newline behind it" newline_behind
check "a key twice" duplicate_key
check "the outcome edited" edited '.verdict.outcome = "failed"'
check "the serial edited" edited '.subject.identity.serial = "ANOTHER"'
check "the evidence edited" edited '.evidence[0].utc = "2020-01-01T00:00:00.000Z"'
check "a failed job signed as proven" lying_operator
check "signed by another key" another_key
check "a broken signature" broken_signature
check "a malformed signature" malformed_signature
check "no signature" missing_signature
check "another certificate's signature" swapped_signatures
check "an expired signer" expired
check "the certificate of another drive" another_drive
check "a good one and a bad one" many_files
check "offline, without a store" offline
finish

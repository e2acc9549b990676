#!/bin/bash
# Time stamps: a local authority by OpenSSL, honest and lying, reachable and not; and what OpenSSL says of the result.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/authority.sh"

export no_proxy=127.0.0.1

asked() {
	if [ -e "$CASE/tsa/asked" ]; then wc -l <"$CASE/tsa/asked"; else echo 0; fi
}

# ---- what OpenSSL says ----

# offset_of N FILE: where the N-th element of a CMS begins, counted from the time stamp's attribute.
offset_of() {
	openssl asn1parse -inform DER -in "$2" | awk -F: -v wanted="$1" '{ at[NR] = $1 + 0 }
		/id-smime-aa-timeStampToken/ { found = NR } END { print at[found + wanted] }'
}

# The token in a signature file with one signer, and the value it is over, as docs/certificate.md shows.
take_apart() {
	openssl asn1parse -inform DER -in "$1" -strparse "$(offset_of 2 "$1")" -noout -out "$CASE/token"
	openssl asn1parse -inform DER -in "$1" -strparse "$(offset_of -3 "$1")" -noout -out "$CASE/value"
}

assert_openssl_agrees() {
	openssl cms -verify -cades -binary -inform DER -in "${1%.json}.p7s" -content "$1" -CAfile "$STATE/keys/ca.crt" \
		-out /dev/null 2>"$CASE/openssl" || fail "openssl cms: $(cat "$CASE/openssl")"
	take_apart "${1%.json}.p7s"
	openssl ts -verify -token_in -in "$CASE/token" -data "$CASE/value" -CAfile "$CASE/tsa/ca.crt" >"$CASE/openssl" 2>&1 ||
		fail "openssl ts: $(cat "$CASE/openssl")"
	if openssl ts -verify -token_in -in "$CASE/token" -data "$CASE/openssl" -CAfile "$CASE/tsa/ca.crt" >/dev/null 2>&1; then
		fail "openssl ts verifies anything"
	fi
}

# The PDF carries the signature as it stands beside it, and its own signature has a time stamp, too.
assert_pdf_stamped() {
	local pdf=${1%.json}.pdf
	need pdfdetach
	rm -rf "$CASE/attached"
	mkdir "$CASE/attached"
	pdfdetach -saveall -o "$CASE/attached" "$pdf"
	cmp "${1%.json}.p7s" "$CASE/attached/$(basename "${1%.json}.p7s")"
	perl -0777 -ne 'm{/Contents <([0-9a-f]+)>} or die "no signature"; print pack "H*", $1' "$pdf" >"$CASE/pdf.cms"
	openssl cms -cmsout -print -inform DER -in "$CASE/pdf.cms" | grep -q id-smime-aa-timeStampToken || fail "the PDF is not stamped"
	run_haiki verify certificate "$pdf" --trust "$STATE/keys/ca.crt" --tsa-trust "$CASE/tsa/ca.crt" --require timestamp --json
	assert_exit 0
}

# ---- cases ----

stamped_at_once() {
	local device file
	start_authority
	make_keys
	make_drive device $MIB
	wipe "$device"
	assert_exit 0
	assert_json '.jobs[0].timestamp == "stamped" and .jobs[0].timestamp_error.code == ""'
	assert_same 2 "$(asked)" "questions asked"
	assert_same "honest application/timestamp-query" "$(sort -u "$CASE/tsa/asked")"
	assert_openssl_agrees "$(certificate_of)"
	file=$(certificate_of)
	assert_holds_stream "$device" "$file"
	run_haiki verify certificate "$file" --trust "$STATE/keys/ca.crt" --tsa-trust "$CASE/tsa/ca.crt" \
		--require timestamp --json
	assert_exit 0
	assert_json '.certificates[0].checks[] | select(.check == "timestamp") | .result == "passed"'
	# By another authority's word it is not.
	run_haiki verify certificate "$file" --trust "$STATE/keys/ca.crt" --tsa-trust "$CASE/tsa/stranger.crt" --json
	assert_exit 1
	assert_code timestamp-signer
	run_haiki report timestamps --json
	assert_exit 0
	assert_json '.certificates | length == 1 and (.[0] | .state == "stamped" and (.utc | length == 24) and .authority == "CN=Test time authority")'
	assert_same 2 "$(asked)" "questions asked"
}

not_wanted() {
	local device
	need jq
	make_keys
	make_drive device $MIB
	wipe "$device"
	assert_exit 0
	assert_json '.jobs[0].timestamp == "not-wanted"'
	run_haiki report timestamps --json
	assert_exit 0
	assert_json '.certificates[0].state == "not-wanted"'
}

# Each lie by its own code, and the certificate waits with the signature it had; then the honest word.
lies() {
	local device file before mode code
	start_authority
	kill "$AUTHORITY" # it is away while the drive is wiped
	wait "$AUTHORITY" 2>/dev/null || true
	make_keys
	make_drive device $MIB
	wipe "$device"
	assert_exit 0
	assert_json '.jobs[0].timestamp == "waiting" and .jobs[0].timestamp_error.code == "timestamp-unreachable"'
	file=$(certificate_of)
	before=$(sha256sum <"${file%.json}.p7s")
	run_haiki report timestamps --json
	assert_exit 7
	assert_json '.certificates[0].state == "waiting" and .certificates[0].error.code == "timestamp-unreachable"'
	rm "$CASE/tsa/port"
	"$REPOSITORY/tests/host/authority" "$CASE/tsa" >"$CASE/tsa/log" 2>&1 </dev/null &
	remember processes $!
	until_true 10 test -s "$CASE/tsa/port"
	use_authority
	while read -r mode code; do
		echo "$mode" >"$CASE/tsa/mode"
		if [ "$mode" = drip ]; then use_authority 1; else use_authority; fi
		run_haiki report timestamps --json
		echo "$mode: $STATUS"
		assert_exit 7
		assert_json ".certificates[0].state == \"waiting\" and .certificates[0].error.code == \"$code\""
		assert_same "$before" "$(sha256sum <"${file%.json}.p7s")" "$mode changed the signature"
	done <<-'L'
	other-data timestamp-other-data
	wrong-nonce timestamp-nonce
	sha1 timestamp-weak
	expired timestamp-expired
	wrong-usage timestamp-not-allowed
	stranger timestamp-signer
	rejection timestamp-refused
	garbage timestamp-malformed
	nothing timestamp-malformed
	damaged timestamp-broken
	huge timestamp-too-large
	500 timestamp-http
	redirect timestamp-http
	drip timestamp-timeout
	L
	echo honest >"$CASE/tsa/mode"
	use_authority
	run_haiki report timestamps --json
	assert_exit 0
	assert_json '.certificates[0].state == "stamped"'
	[ "$before" != "$(sha256sum <"${file%.json}.p7s")" ] || fail "the file was not written anew"
	assert_openssl_agrees "$file"
	assert_pdf_stamped "$file"
}

# Many drives, and an authority that fails: it is asked once.
asked_once() {
	local device devices=() serials=() i
	start_authority
	make_keys
	for i in 1 2 3; do
		make_drive device $MIB
		devices+=("$device")
		serials+=("--serial" "$(serial_of "$device")")
	done
	echo 500 >"$CASE/tsa/mode"
	run_haiki wipe run "${devices[@]}" "${serials[@]}" --json
	assert_exit 0
	assert_json '[.jobs[].timestamp] == ["waiting","waiting","waiting"]'
	assert_json '[.jobs[].timestamp_error.code] | unique == ["timestamp-http"]'
	assert_same 1 "$(asked)" "questions asked"
	# The next run adds all three before it does anything else.
	echo honest >"$CASE/tsa/mode"
	make_drive device $MIB
	wipe "$device"
	assert_exit 0
	assert_same 9 "$(asked)" "questions asked" # three signatures and their PDFs, and the new ones
	run_haiki report timestamps --json
	assert_exit 0
	assert_json '[.certificates[].state] == ["stamped","stamped","stamped","stamped"]'
	for i in "$STATE"/certificates/*.json; do
		assert_openssl_agrees "$i"
	done
}

# `report certificate` adds it too; an older form on the disk is replaced, another file is not.
forms_on_the_disk() {
	local device file job
	start_authority
	make_keys
	echo 500 >"$CASE/tsa/mode"
	make_drive device $MIB
	wipe "$device"
	assert_exit 0
	file=$(certificate_of)
	job=$(job_of)
	cp "${file%.json}.p7s" "$CASE/older.p7s"
	run_haiki report certificate "$job" --json
	assert_exit 0
	assert_json '.timestamp == "waiting" and .timestamp_error.code == "timestamp-http"'
	cmp "$CASE/older.p7s" "${file%.json}.p7s"
	echo honest >"$CASE/tsa/mode"
	run_haiki report certificate "$job" --json
	assert_exit 0
	assert_json '.timestamp == "stamped"'
	assert_openssl_agrees "$file"
	cp "${file%.json}.p7s" "$CASE/newer.p7s"
	cp "$CASE/older.p7s" "${file%.json}.p7s"
	run_haiki report certificate "$job" --json
	assert_exit 0
	cmp "$CASE/newer.p7s" "${file%.json}.p7s"
	assert_same 4 "$(asked)" "questions asked"
	# A signature that was made anew is not an older form.
	openssl cms -sign -binary -cades -outform DER -signer "$STATE/keys/signer.crt" -inkey "$STATE/keys/signer.key" \
		-certfile "$STATE/keys/ca.crt" -in "$file" -out "${file%.json}.p7s"
	run_haiki report certificate "$job" --json
	assert_exit 1
	assert_code certificate-differs
}

# A second person signs what waits for its stamp: both signatures get one, and the first keeps its own.
with_a_witness() {
	local device file
	start_authority
	make_keys
	echo 500 >"$CASE/tsa/mode"
	make_drive device $MIB
	wipe "$device" --operator "A. Person"
	assert_exit 0
	file=$(certificate_of)
	printf 'correct horse battery staple\n' >"$CASE/passphrase"
	chmod 600 "$CASE/passphrase"
	run_haiki report key person "B. Person" --role witness --out "$CASE/witness" --passphrase "$CASE/passphrase" --json
	assert_exit 0
	run_haiki report sign "$(basename "$file" .json)" --role witness --key "$CASE/witness" --passphrase "$CASE/passphrase" --json
	assert_exit 0
	assert_json '.timestamp == "waiting"'
	echo honest >"$CASE/tsa/mode"
	run_haiki report timestamps --json
	assert_exit 0
	assert_same 2 "$(openssl asn1parse -inform DER -in "${file%.json}.p7s" | grep -c id-smime-aa-timeStampToken)" "time stamps"
	assert_openssl_agrees "$file"
	run_haiki verify certificate "$file" --trust "$STATE/keys/ca.crt" --tsa-trust "$CASE/tsa/ca.crt" --require timestamp --json
	assert_exit 0
	# It is written again as it is.
	cp "${file%.json}.p7s" "$CASE/both.p7s"
	run_haiki report certificate "$(jq --raw-output .job.id "$file")" --json
	assert_exit 0
	cmp "$CASE/both.p7s" "${file%.json}.p7s"
}

# A tenant's certificate is stamped as a job's: at once, or later with all that wait.
of_a_tenant() {
	local name
	start_authority
	make_keys
	printf 'code,name,zone\nCITY-A,Example,municipal\n' >"$CASE/tenants.csv"
	printf 'number,tenant,start_day,end_day,grace_days\nK-1,CITY-A,2024-04-01,2025-03-31,10\nK-2,CITY-A,2024-04-01,2025-03-31,10\n' \
		>"$CASE/contracts.csv"
	run_haiki inventory import "$CASE/tenants.csv" "$CASE/contracts.csv" --json
	assert_exit 0
	run_haiki report tenant K-1 --json
	assert_exit 7 # of the stage, not of the stamp
	assert_json '.timestamp == "stamped"'
	assert_openssl_agrees "$STATE/certificates/$(jq --raw-output .certificate "$CASE/out").json"
	echo 500 >"$CASE/tsa/mode"
	run_haiki report tenant K-2 --json
	assert_json '.timestamp == "waiting" and .timestamp_error.code == "timestamp-http"'
	name=$(jq --raw-output .certificate "$CASE/out")
	run_haiki report timestamps --json
	assert_exit 7
	assert_json '[.certificates[].state] | sort == ["stamped","waiting"]'
	echo honest >"$CASE/tsa/mode"
	run_haiki report timestamps --json
	assert_exit 0
	assert_json '[.certificates[].state] == ["stamped","stamped"]'
	assert_openssl_agrees "$STATE/certificates/$name.json"
	# The paper carries the stamped signature, and who asks for the certificate again gets that.
	run_haiki report tenant K-2 --json
	assert_json '.new == 0 and .timestamp == "stamped" and .pdf == 1'
	assert_openssl_agrees "$STATE/certificates/$name.json"
	run_haiki verify certificate "$STATE/certificates/$name.pdf" --trust "$STATE/keys/ca.crt" \
		--tsa-trust "$CASE/tsa/ca.crt" --require timestamp --json
	assert_json '.certificates[0].checks[] | select(.check == "timestamp") | .result == "passed"'
}

# Somebody else answers in the authority's place.
tls_is_verified() {
	local device
	start_authority
	make_keys
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$CASE/tls.key" -subj "/CN=127.0.0.1" \
		-addext "subjectAltName = IP:127.0.0.1" -days 5 -out "$CASE/tls.crt" 2>/dev/null
	openssl s_server -accept 127.0.0.1:0 -cert "$CASE/tls.crt" -key "$CASE/tls.key" -www >"$CASE/tls" 2>&1 </dev/null &
	remember processes $!
	until_true 10 grep -q '^ACCEPT 127.0.0.1:' "$CASE/tls"
	configure "[timestamp]" "url = https://$(sed -n 's/^ACCEPT //p' "$CASE/tls")/" "ca = $CASE/tsa/ca.crt"
	make_drive device $MIB
	wipe "$device"
	assert_exit 0
	assert_json '.jobs[0].timestamp == "waiting" and .jobs[0].timestamp_error.code == "timestamp-tls"'
}

misconfigured() {
	need jq
	make_keys
	configure "[timestamp]" "url = http://127.0.0.1:9/"
	run_haiki report timestamps --json
	assert_exit 2
	assert_code timestamp-ca
	configure "[timestamp]" "url = http://127.0.0.1:9/" "ca = $CASE/none.crt"
	run_haiki report timestamps --json
	[ "$STATUS" -ne 0 ] && [ "$STATUS" -ne 7 ] || fail "exit code $STATUS"
}

check "a certificate is stamped before it is exported; openssl cms and openssl ts agree" stamped_at_once
check "without an authority no time stamp is wanted" not_wanted
check "every lie has its own code and leaves the certificate waiting" lies
check "an authority that failed is not asked again by the same run" asked_once
check "report certificate adds the time stamp; only an older form of a signature is replaced" forms_on_the_disk
check "a witness's signature is stamped beside the issuer's" with_a_witness
check "a tenant's certificate is stamped too, and its PDF drawn anew" of_a_tenant
check "an https address whose certificate nobody vouches for is not asked" tls_is_verified
check "an authority without the certificate of who may sign for it is refused" misconfigured
finish

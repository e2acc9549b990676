# A local time stamping authority by OpenSSL, for the tests that stamp (tests/host/authority answers for it). Sourced
# after lib.sh.
# SPDX-License-Identifier: GPL-3.0-or-later

# issue_stamper NAME SUBJECT FROM TO EXTENSIONS: a certificate of the time CA, valid between two dates.
issue_stamper() {
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -subj "$2" -out "$1.csr" 2>/dev/null
	printf '%s\n' "basicConstraints = critical,CA:FALSE" "keyUsage = critical,digitalSignature" \
		"subjectKeyIdentifier = hash" "authorityKeyIdentifier = keyid" "$5" >"$1.ext"
	openssl ca -batch -config tsa.cnf -name ca -in "$1.csr" -out "$1.crt" -startdate "$3" -enddate "$4" -notext \
		-extfile "$1.ext" 2>>errors
}

make_authority() {
	local utc=$((10#$(date -u +%Y)))
	mkdir -p "$CASE/tsa/new"
	cd "$CASE/tsa"
	cat >tsa.cnf <<-'C'
	[ca]
	database = index.txt
	new_certs_dir = new
	certificate = ca.crt
	private_key = ca.key
	serial = serial
	default_md = sha256
	policy = any
	unique_subject = no
	[any]
	commonName = supplied
	[tsa]
	serial = tsa.serial
	crypto_device = builtin
	certs = ca.crt
	default_policy = 1.3.6.1.4.1.13762.3
	digests = sha1, sha256, sha384, sha512
	signer_digest = sha256
	ordering = yes
	tsa_name = yes
	ess_cert_id_chain = no
	ess_cert_id_alg = sha256
	C
	: >index.txt
	echo 1000 >serial
	echo 01 >tsa.serial
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -subj "/CN=Test time CA" \
		-days 3650 -addext "keyUsage = critical,keyCertSign,cRLSign" -out ca.crt 2>/dev/null
	issue_stamper tsa "/CN=Test time authority" "$((utc - 1))0101000000Z" "$((utc + 5))0101000000Z" "extendedKeyUsage = critical,timeStamping"
	issue_stamper expired "/CN=Expired time authority" "$((utc - 3))0101000000Z" "$((utc - 2))0101000000Z" "extendedKeyUsage = critical,timeStamping"
	issue_stamper usage "/CN=Test time authority" "$((utc - 1))0101000000Z" "$((utc + 5))0101000000Z" "extendedKeyUsage = critical,emailProtection"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout stranger.key -subj "/CN=Stranger" -days 30 \
		-addext "keyUsage = critical,digitalSignature" -addext "extendedKeyUsage = critical,timeStamping" -out stranger.crt 2>/dev/null
	cd "$REPOSITORY"
}

start_authority() {
	need openssl perl jq
	make_authority
	echo honest >"$CASE/tsa/mode"
	"$REPOSITORY/tests/host/authority" "$CASE/tsa" >"$CASE/tsa/log" 2>&1 </dev/null &
	AUTHORITY=$!
	remember processes $AUTHORITY
	until_true 10 test -s "$CASE/tsa/port"
	use_authority
}

use_authority() {
	configure "[timestamp]" "url = http://127.0.0.1:$(cat "$CASE/tsa/port")/" "ca = $CASE/tsa/ca.crt" "timeout = ${1:-60}"
}

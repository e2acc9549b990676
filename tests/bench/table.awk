# Samples to the table of `make bench` and the bounds below it.
# SPDX-License-Identifier: GPL-3.0-or-later
#
#   awk -v format=text|markdown -v cores=N -v aes=MIB_PER_SECOND -f table.awk ROWS SAMPLES
#
# ROWS: key, what it is, key of the limit it is compared with. SAMPLES: key, N, MiB/s, CPU s/GiB,
# peak MiB, CPU s/GiB that the whole machine was busy. Tabs between. Medians; of peaks the largest.

BEGIN {
	FS = "\t"
	if (format == "markdown")
		print "| what | N | MiB/s | of the limit | CPU s/GiB | peak MiB |\n|---|--:|--:|--:|--:|--:|"
	else
		printf "%-52s %3s %9s %9s %10s %9s\n", "what", "N", "MiB/s", "of limit", "CPU s/GiB", "peak MiB"
}

FNR == NR {
	row_count++
	keys[row_count] = $1
	label[$1] = $2
	limit[$1] = $3
	next
}

{
	sample = $1 SUBSEP $2
	number = ++samples[sample]
	for (field = 3; field <= 6; field++)
		values[sample, number, field] = $field
	if (!($2 in seen)) {
		seen[$2] = 1
		sizes[++size_count] = $2
	}
}

function median(key, n, field,    count, i, j, value, sorted) {
	count = samples[key, n]
	for (i = 1; i <= count; i++) {
		value = values[key, n, i, field]
		for (j = i; j > 1 && sorted[j - 1] > value; j--)
			sorted[j] = sorted[j - 1]
		sorted[j] = value
	}
	if (count % 2 == 1)
		return sorted[(count + 1) / 2]
	return (sorted[count / 2] + sorted[count / 2 + 1]) / 2
}

function largest(key, n, field,    i, value) {
	value = 0
	for (i = 1; i <= samples[key, n]; i++)
		if (values[key, n, i, field] > value)
			value = values[key, n, i, field]
	return value
}

# MiB/s; what is first written and then read takes the sum of both times.
function speed(key, n,    written, read) {
	if (key != "limit-both")
		return samples[key, n] ? median(key, n, 3) : 0
	written = speed("limit-write", n)
	read = speed("limit-read", n)
	return written && read ? 1 / (1 / written + 1 / read) : 0
}

function line(what, n, mib, ratio, cpu, peak) {
	if (format == "markdown")
		printf "| %s | %s | %s | %s | %s | %s |\n", what, n, mib, ratio, cpu, peak
	else
		printf "%-52s %3s %9s %9s %10s %9s\n", what, n, mib, ratio, cpu, peak
}

function show(key, n,    mib, ratio, cpu, peak) {
	mib = speed(key, n)
	if (!mib)
		return
	ratio = cpu = peak = "-"
	if (limit[key] != "" && speed(limit[key], n))
		ratio = sprintf("%.2f", mib / speed(limit[key], n))
	if (samples[key, n]) {
		cpu = sprintf("%.2f", median(key, n, 4))
		peak = sprintf("%.1f", largest(key, n, 5))
	}
	line(label[key], n, sprintf("%.0f", mib), ratio, cpu, peak)
}

# Where the kernel's copying and the cipher share the cores, both together take their time. The whole
# machine was not only busy with the copying, but that never takes more than all cores.
function bound(direction, key, n,    mib, all, copying, cipher, highest) {
	mib = speed(key, n)
	if (!mib || !aes)
		return
	all = cores * 1024 / mib
	copying = median(key, n, 6)
	if (copying > all)
		copying = all
	cipher = 1024 / aes
	highest = all / (copying + cipher)
	printf "%sN = %d, %s: the limit of %.0f MiB/s takes %.3f CPU s/GiB of the machine (cores / limit:\n" \
		"  %.3f). With the cipher it is %.3f, so %d cores can do at most %.2f of the limit.\n", \
		format == "markdown" ? "- " : "", n, direction, mib, copying, all, copying + cipher, cores, \
		highest < 1 ? highest : 1
}

END {
	for (i = 1; i <= size_count; i++)
		for (j = 1; j <= row_count; j++)
			show(keys[j], sizes[i])
	printf "\nAES-256-CTR on one core (openssl speed): %.0f MiB/s, that is %.3f CPU s/GiB. Cores: %d.\n%s", \
		aes, aes ? 1024 / aes : 0, cores, format == "markdown" ? "\n" : ""
	bound("writing", "limit-write", 8)
	bound("reading", "limit-read", 8)
}

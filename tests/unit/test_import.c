/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Import and export: every error with its line, all or nothing, and what is written is read again. */
#include "inventory/transfer/csv.h"
#include "inventory/assets/drives.h"
#include "inventory/transfer/import.h"
#include "inventory/tenants/tenants.h"
#include "tests/support/store_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* after the standard ones */
#include <cmocka.h>

#define NOW INT64_C(1795406400123)

static void ok(int result, const struct error *error)
{
	if (result < 0)
		fail_msg("%d %s: %s", result, error->code, error->what);
}

static void import_files(struct store *store, const char *const texts[], bool dry_run,
	const char *kind, struct import_report *ret)
{
	static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g" };
	struct import_input inputs[ARRAY_SIZE(names)];
	struct import_request request = {
		.inputs = inputs, .kind = kind, .dry_run = dry_run, .now_utc_ms = NOW
	};
	struct error error = { 0 };
	for (; texts[request.count]; request.count++)
		inputs[request.count] = (struct import_input){ names[request.count],
			texts[request.count], strlen(texts[request.count]) };
	ok(import_run(store, &request, ret, &error), &error);
}

/* "a:2 code; b:3 other; ": what is wrong, or "" */
static const char *problems_of(struct store *store, const char *const texts[], const char *kind)
{
	static char text[4096];
	AUTO_REPORT struct import_report report = { 0 };
	import_files(store, texts, false, kind, &report);
	text[0] = '\0';
	for (size_t i = 0; i < report.problem_count && i < IMPORT_PROBLEMS_KEPT; i++) {
		size_t length = strlen(text);
		(void)snprintf(text + length, sizeof(text) - length, "%s:%s %s; ",
			report.problems[i].file, report.problems[i].place,
			report.problems[i].error.code);
	}
	assert_int_equal(report.entered, report.problem_count == 0);
	return text;
}

#define FILES(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void enter(struct store *store, const char *text)
{
	assert_string_equal(problems_of(store, FILES(text), NULL), "");
}

static char *export_text(struct store *store, const char *kind, enum export_format format)
{
	struct error error = { 0 };
	struct buffer text = BUFFER_INIT(16 * MIB);
	ok(export_kind(store, kind, format, &text, &error), &error);
	char *taken = buffer_take(&text);
	assert_non_null(taken);
	return taken;
}

/* -- CSV -- */

struct seen {
	char text[1024];
};

static int collect(void *context, const struct csv_record *record, struct error *error)
{
	struct seen *seen = context;
	(void)error;
	size_t length = strlen(seen->text);
	length += (size_t)snprintf(
		seen->text + length, sizeof(seen->text) - length, "%u", record->line);
	for (size_t i = 0; i < record->count; i++)
		length += (size_t)snprintf(seen->text + length, sizeof(seen->text) - length, "[%s]",
			record->fields[i]);
	(void)snprintf(seen->text + length, sizeof(seen->text) - length, " ");
	return 0;
}

static void test_csv_records(void **state)
{
	(void)state;
	static const struct {
		const char *text, *seen, *code;
		unsigned line;
	} cases[] = {
		{ "", "", "", 0 },
		{ "a,b\n1,2\n", "1[a][b] 2[1][2] ", "", 0 },
		{ "a,b\r\n1,2\r\n", "1[a][b] 2[1][2] ", "", 0 },
		{ "\xEF\xBB\xBF"
		  "a\n1",
			"1[a] 2[1] ", "", 0 },
		{ "a\n\n\n1\n  \n2", "1[a] 4[1] 6[2] ", "", 0 },
		{ "a,b\n,\n1,2\n", "1[a][b] 3[1][2] ", "", 0 },
		{ "a\n\"x\ny\n\"\nz\n", "1[a] 2[x\ny\n] 5[z] ", "", 0 },
		{ "a\n\"x\n\n y\"\nz\n", "1[a] 2[x\n\n y] 5[z] ", "", 0 },
		{ "\"a\"\"b\",\" c \"\n", "1[a\"b][ c ] ", "", 0 },
		{ "\xE5\xBB\x83,b\n", "1[\xE5\xBB\x83][b] ", "", 0 },
		/* The ' before what a spreadsheet would run is ours; another is not. */
		{ "'=1,'+1,'-1,'@1,''a,'a,'\n", "1[=1][+1][-1][@1]['a]['a]['] ", "", 0 },
		{ "a\n\"b\nc\n", "1[a] ", "csv-malformed", 2 },
		{ "a\nb\"c\"\n", "1[a] ", "csv-malformed", 2 },
		{ "a\n\"b\"c\n", "1[a] ", "csv-malformed", 2 },
		{ "a\nb\n\x93\x8C\n", "", "csv-not-utf8", 3 },
		{ "\xFF\xFE"
		  "a",
			"", "csv-not-utf8", 1 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct seen seen = { "" };
		struct error error = { 0 };
		unsigned line = 0;
		int r = csv_read(
			cases[i].text, strlen(cases[i].text), collect, &seen, &line, &error);
		if (strcmp(seen.text, cases[i].seen) != 0 ||
			strcmp(error.code, cases[i].code) != 0 || (r < 0) != !!*cases[i].code ||
			(r < 0 && line != cases[i].line))
			fail_msg("case %zu: %d \"%s\" %s line %u", i, r, seen.text, error.code,
				line);
	}
	struct seen seen = { "" };
	struct error error = { 0 };
	unsigned line = 0;
	assert_int_equal(csv_read("a\nb\0c\n", 6, collect, &seen, &line, &error), -EBADMSG);
	assert_int_equal(line, 2);
}

static void test_csv_cells_come_back(void **state)
{
	(void)state;
	static const char *const cells[] = { "", "a", "a,b", "a\"b", "\"", " a", "a ", "\ta",
		"a\nb", "a\r\nb", "=1+1", "+81", "-", "@x", "'", "''", "'=x", "'a", "\r", "\n",
		"\xE5\xBB\x83\xE6\xA3\x84", "=\",\n" };
	for (size_t i = 0; i < ARRAY_SIZE(cells); i++) {
		AUTO_BUFFER struct buffer text = BUFFER_INIT(1 * KIB);
		char expected[64];
		struct seen seen = { "" };
		struct error error = { 0 };
		unsigned line = 0;
		assert_int_equal(buffer_append_text(&text, "x,"), 0);
		assert_int_equal(csv_append_cell(&text, cells[i]), 0);
		assert_int_equal(buffer_append_text(&text, ",y\r\n"), 0);
		ok(csv_read(buffer_text(&text), text.length, collect, &seen, &line, &error),
			&error);
		(void)snprintf(expected, sizeof(expected), "1[x][%s][y] ", cells[i]);
		assert_string_equal(seen.text, expected);
		/* Nothing a spreadsheet would run. */
		assert_null(strpbrk((char[]){ buffer_text(&text)[2], '\0' }, "=+-@"));
	}
}

/* -- errors -- */

#define TENANTS "code,name\nA,\xE5\xBB\x83\nB,b\n"

static void test_errors_by_line(void **state)
{
	struct store_fixture *fixture = *state;
	static const struct {
		const char *text, *problems, *kind;
	} cases[] = {
		{ "", "a: csv-empty; ", NULL },
		{ "\n\n", "a: csv-empty; ", NULL },
		{ "x,y\n1,2\n", "a:1 kind-untold; ", NULL },
		{ "code,nme,zonee\n1,2,3\n", "a:1 column-unknown; a:1 column-unknown; ", NULL },
		{ "code,code\n1,2\n", "a:1 column-twice; ", NULL },
		{ "code,name\nC\nD,d,e\n", "a:2 csv-cells; a:3 csv-cells; ", NULL },
		{ "code,name\nC,\n-D,d\nE e,e\n\xC3\xA9,e\n,f\n",
			"a:2 tenant-malformed; a:3 tenant-malformed; a:4 tenant-malformed; "
			"a:5 tenant-malformed; a:6 key-missing; ",
			NULL },
		{ "code,name\nC,c\nD,d\nC,c\n", "a:4 key-twice; ", NULL },
		{ "code,name,service_codes\nC,c,S1\nD,d,S1\nE,e,\"S2,S 3\"\nF,f,S2\n",
			"a:3 service-code-taken; a:5 service-code-taken; ", NULL },
		{ "code,name,contacts\nC,c,a|b|c|d|e\n", "a:2 field-malformed; ", NULL },
		{ "code,name,contacts\nC,c,a|b\nD,d,a|\nE,e,a|-b@c\nF,f,a|b@c d@e\n",
			"a:2 tenant-malformed; a:4 tenant-malformed; a:5 tenant-malformed; ",
			NULL },
		{ "code,name\nC,\"a\nb\"\nD,d\x01\n", "a:2 text-malformed; a:4 text-malformed; ",
			NULL },
		{ "kind,pattern,tenant\npath,srv,A\nfoo,x,A\nlv-tag,x,X\nvm,x,A\n",
			"a:2 rule-malformed; a:3 rule-malformed; a:4 tenant-unknown; "
			"a:5 rule-malformed; ",
			NULL },
		{ "kind,pattern,tenant\nvm,ABCDEF00-1111-2222-3333-444455556666,A\n"
		  "vm,abcdef00-1111-2222-3333-444455556666,B\n",
			"a:3 key-twice; ", NULL },
		{ "serial,asset_number\nNO,1\n,2\n", "a:2 drive-unknown; a:3 key-missing; ", NULL },
		{ "key,kind,name,size_bytes\nk,lv,x,1e3\nl,foo,x,\n,lv,x,1\n",
			"a:2 field-malformed; a:3 volume-malformed; a:4 key-missing; ", NULL },
		{ "key,kind,origin\nk,snapshot,none\nm,snapshot,n\nn,snapshot,m\n",
			"a:2 origin-unknown; a:4 origin-unknown; ", NULL },
		{ "key,kind,tags\nk,lv,[1]\nl,lv,x\n", "a:2 field-malformed; a:3 field-malformed; ",
			NULL },
		{ "key,kind,tenant,linked_by\nk,lv,X,\nl,lv,A,lv-tag\nm,lv,A,guess\n",
			"a:2 tenant-unknown; a:3 link-differs; a:4 link-differs; ", NULL },
		{ "key,place,created_utc,tenant\ng,p,2027-01-01,A\nh,,2027-01-01T00:00:00Z,A\n"
		  "i,p,2027-01-01T00:00:00Z,\nj,p,,A\n",
			"a:2 field-malformed; a:3 generation-malformed; "
			"a:4 generation-malformed; a:5 generation-malformed; ",
			NULL },
		{ "key,place,created_utc,expires_utc,volume\n"
		  "g,p,2027-01-02T00:00:00Z,2027-01-01T00:00:00Z,\n"
		  "h,p,2027-01-01T00:00:00Z,,none\n",
			"a:2 generation-malformed; a:3 volume-unknown; ", NULL },
		{ "{\"tenants\":[{\"code\":\"C\",\"name\":\"c\"},{\"code\":\"C\",\"name\":\"c\"},1,"
		  "{\"code\":\"D\",\"nam\":\"d\"},{\"code\":1,\"name\":\"d\"}]}",
			"a:tenants[2] json-row; a:tenants[3] column-unknown; "
			"a:tenants[4] field-malformed; a:tenants[1] key-twice; ",
			NULL },
		{ "{\"tennants\":[],\"rules\":{}}", "a: kind-unknown; a: json-row; ", NULL },
		{ "{\"tenants\":[{\"code\":\"C\",\"name\":\"c\",\"contacts\":[{\"name\":\"a|b\"}]}]"
		  "}",
			"a:tenants[0] field-malformed; ", NULL },
		{ "{\"tenants\":[{\"code\":\"C\",\"name\":\"c\",\"name\":\"d\"}]}",
			"a: json-malformed; ", "?" },
	};
	enter(fixture->store, TENANTS);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool only_begin = cases[i].kind != NULL;
		const char *problems = problems_of(fixture->store, FILES(cases[i].text), NULL);
		if (only_begin ? strncmp(problems, "a:", 2) != 0
			       : strcmp(problems, cases[i].problems) != 0)
			fail_msg("case %zu: %s", i, problems);
	}
	/* Of all these files nothing was entered. */
	assert_int_equal(store_fixture_number(fixture->store, "SELECT count(*) FROM tenant"), 2);
	static const char *const others[] = { "contract", "link_rule", "volume", "generation",
		"service_code" };
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		char sql[64];
		(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", others[i]);
		assert_int_equal(store_fixture_number(fixture->store, sql), 0);
	}
}

static void test_contract_days_by_line(void **state)
{
	struct store_fixture *fixture = *state;
	enter(fixture->store, TENANTS);
	const char *text =
		"number,tenant,start_day,end_day,grace_days\n1,A,2027-02-29,,\n"
		"2,A,2027-04-01,2027-03-31,\n3,A,,,\n4,X,2027-01-01,,\n"
		"5,A,2027-01-01,,-1\n6,A,2027-01-01,,9999\n7,A,2028-02-29,2028-02-29,0\n";
	assert_string_equal(problems_of(fixture->store, FILES(text), NULL),
		"a:2 field-malformed; a:3 contract-malformed; a:4 contract-malformed; "
		"a:5 tenant-unknown; a:6 field-malformed; a:7 contract-malformed; ");
}

static void test_problems_are_bounded(void **state)
{
	struct store_fixture *fixture = *state;
	AUTO_BUFFER struct buffer text = BUFFER_INIT(1 * MIB);
	AUTO_REPORT struct import_report report = { 0 };
	assert_int_equal(buffer_append_text(&text, "code,name\n"), 0);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(buffer_append_text(&text, "bad code,x\n"), 0);
	import_files(fixture->store, FILES(buffer_text(&text)), false, NULL, &report);
	assert_true(report.problem_count >= 1000);
	assert_false(report.entered);
}

/* -- entering -- */

static void test_order_of_files_and_kinds(void **state)
{
	struct store_fixture *fixture = *state;
	assert_string_equal(
		problems_of(fixture->store,
			FILES("key,place,created_utc,volume\ng,p,2027-01-01T09:00:00+09:00,s\n",
				"key,kind,origin\ns,snapshot,o\no,lv,\n",
				"kind,pattern,tenant\npath,/srv/,A\n",
				"number,tenant,start_day\n1,A,2027-01-01\n",
				"\xEF\xBB\xBF"
				"name,code\r\n\xE5\xBB\x83,A\r\n"),
			NULL),
		"");
	assert_int_equal(
		store_fixture_number(fixture->store,
			"SELECT created_utc_ms FROM generation WHERE volume_id ="
			" (SELECT id FROM volume WHERE key = 's' AND origin_id IS NOT NULL)"),
		INT64_C(1798761600000));
}

static void test_dry_run_says_what_would_be(void **state)
{
	struct store_fixture *fixture = *state;
	AUTO_REPORT struct import_report report = { 0 };
	enter(fixture->store, TENANTS);
	import_files(fixture->store, FILES("code,name,zone\nA,\xE5\xBB\x83,z\nB,b,\nC,c,\n"), true,
		NULL, &report);
	assert_int_equal(report.problem_count, 0);
	assert_false(report.entered);
	assert_int_equal(report.counts[0].added, 1);
	assert_int_equal(report.counts[0].changed, 1);
	assert_int_equal(report.counts[0].unchanged, 1);
	assert_int_equal(report.change_count, 2);
	assert_string_equal(report.changes[0].key, "A");
	assert_string_equal(report.changes[0].columns, "zone");
	assert_false(report.changes[0].added);
	assert_string_equal(report.changes[1].key, "C");
	assert_true(report.changes[1].added);
	assert_int_equal(store_fixture_number(fixture->store, "SELECT count(*) FROM tenant"), 2);
	assert_int_equal(store_fixture_number(
				 fixture->store, "SELECT count(*) FROM tenant WHERE zone <> ''"),
		0);
}

static void test_links_of_imports(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	enter(store, TENANTS);
	enter(store, "key,kind,tags,tenant\n1,lv,\"[\"\"haiki.tenant=A\"\"]\",\n"
		     "2,lv,\"[\"\"haiki.tenant=A\"\"]\",B\n3,lv,,A\n4,lv,,\n");
	AUTO_FREE char *text = export_text(store, "volumes", EXPORT_CSV);
	assert_non_null(strstr(text, "]\",,,A,lv-tag,1\r\n"));
	assert_non_null(strstr(text, "]\",,,B,import,1\r\n"));
	/* An empty tenant says nothing: what was imported stays. */
	enter(store, "key,kind,tenant\n3,lv,\n");
	assert_int_equal(
		store_fixture_number(store, "SELECT tenant_id FROM volume WHERE key = '3'"), 1);
	/* What a person said is not taken back by a file. */
	enter(store, "key,kind,tenant,linked_by\n3,lv,B,person\n");
	assert_string_equal(problems_of(store, FILES("key,kind,tenant\n3,lv,A\n"), NULL),
		"a:2 linked-by-person; ");
	enter(store, "key,kind,tenant\n3,lv,B\n");
	assert_int_equal(store_fixture_number(store, "SELECT count(*) FROM volume WHERE key = '3'"
						     " AND tenant_id = 2 AND linked_by = 'person'"),
		1);
}

static void record_drive(struct store *store, const char *serial, const char *wwn)
{
	struct error error = { 0 };
	struct drive_identity identity = { .model = "M", .name = "sda" };
	const struct native_capacity native = { 0 };
	(void)strcpy(identity.serial, serial);
	(void)strcpy(identity.wwn, wwn);
	const struct drive_seen seen = {
		.identity = &identity, .native = &native, .host = "h", .utc_ms = NOW
	};
	ok(drives_record(store, &seen, NULL, &error), &error);
}

/* The basis sets the record, another one renews it, an empty cell takes it back; no cell says nothing. */
static void test_encrypted_from_first_write(void **state)
{
	static const struct {
		const char *text;
		int recorded, revoked;
	} steps[] = {
		{ "serial,encrypted_from_first_write\nS1,\n", 0, 0 },
		{ "serial,encrypted_from_first_write\nS1,LUKS since delivery\n", 1, 0 },
		{ "serial,encrypted_from_first_write\nS1,LUKS since delivery\n", 1, 0 },
		{ "serial,rack\nS1,R1\n", 1, 0 },
		{ "serial,encrypted_from_first_write\nS1,\n", 1, 1 },
		{ "serial,encrypted_from_first_write\nS1,LUKS since delivery\n", 2, 1 },
	};
	struct store *store = ((struct store_fixture *)*state)->store;
	record_drive(store, "S1", "naa.1");
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		enter(store, steps[i].text);
		assert_int_equal(store_fixture_number(store, "SELECT count(*) FROM event WHERE "
							     "action = 'encryption-recorded'"),
			steps[i].recorded);
		assert_int_equal(store_fixture_number(store, "SELECT count(*) FROM event WHERE "
							     "action = 'encryption-revoked'"),
			steps[i].revoked);
	}
}

static void test_drives_are_labelled_never_made_up(void **state)
{
	struct store_fixture *fixture = *state;
	struct store *store = fixture->store;
	record_drive(store, "S1", "naa.1");
	record_drive(store, "S2", "naa.2");
	record_drive(store, "TWIN", "naa.3");
	record_drive(store, "TWIN", "naa.4");
	enter(store, "code,name,service_codes\nA,a,SV-1\nB,b,SV-2\n");
	enter(store, "serial,asset_number,tenant,service_code,site,rack,slot\n"
		     "S1,\xE8\xB3\x87-1,A,SV-1,\xE6\x9D\xB1\xE4\xBA\xAC,R1,7\n");
	enter(store, "wwn,serial,rack,slot,zone\nNAA.4,TWIN,R2,9,municipal\n");
	assert_int_equal(store_fixture_number(store, "SELECT count(*) FROM drive WHERE serial ="
						     " 'S1' AND rack = 'R1' AND tenant = 'A'"),
		1);
	assert_int_equal(store_fixture_number(store, "SELECT id FROM drive WHERE slot = '9'"), 4);
	static const struct {
		const char *text, *problems;
	} cases[] = {
		{ "serial,slot\nTWIN,1\n", "a:2 drive-ambiguous; " },
		{ "serial,wwn,slot\nS1,naa.2,1\n", "a:2 drive-unknown; " },
		{ "serial,model,slot\nS1,N,1\n", "a:2 drive-unknown; " },
		{ "serial,slot\ns1,1\n", "a:2 drive-unknown; " },
		{ "serial,tenant\nS1,X\n", "a:2 tenant-unknown; " },
		{ "serial,service_code\nS1,SV-2\n", "a:2 service-code-unknown; " },
		{ "serial,tenant,service_code\nS2,,SV-9\n", "a:2 service-code-unknown; " },
		{ "serial,slot\nS2,1\n", "a:2 place-malformed; " },
		{ "serial,site,rack,slot\nS2,\xE6\x9D\xB1\xE4\xBA\xAC,R1,7\n", "a:2 slot-taken; " },
		{ "wwn,zone\nnaa.4,private\n", "a:2 zone-set; " },
		/* What one line is refused for does not keep the others from being looked at. */
		{ "wwn,zone,site,rack,slot\nnaa.4,private,,,\nnaa.1,,\xE6\x9D\xB1\xE4\xBA\xAC,R1,"
		  "8\n"
		  "naa.9,,,,\n",
			"a:2 zone-set; a:4 drive-unknown; " },
		/* One drive by two names. */
		{ "serial,wwn,asset_number\nS1,,1\n,naa.1,2\n", "a:3 key-twice; " },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *problems = problems_of(store, FILES(cases[i].text), NULL);
		if (strcmp(problems, cases[i].problems) != 0)
			fail_msg("case %zu: %s", i, problems);
	}
	assert_int_equal(store_fixture_number(store, "SELECT count(*) FROM drive"), 4);
}

/* -- the round trip -- */

static const char *const world[] = {
	"code,name,zone,service_codes,contacts,note\n"
	"CITY-A,\xE6\x9D\xB1\xE4\xBA\xAC,municipal,\"SV-2 SV-1\",\"\xE5\xB1\xB1|a@b|+81|x\n|c@d\","
	"\"=1+1\nline, \"\"two\"\"\"\nb.2,B,,,,'quoted\n",
	"number,tenant,start_day,end_day,grace_days,note\nK-1,CITY-A,2024-02-29,2027-12-31,0,-\n"
	"\"K 2\",b.2,1999-12-31,,,\n",
	"kind,pattern,tenant\npath,h1:/srv/,CITY-A\npath-glob,/vm/x-*.img,b.2\nlv-tag,=tag,b.2\n",
	"key,kind,name,size_bytes,host,path,tags,origin,tenant,linked_by,present\n"
	"z-origin,lv,\xE5\xBB\x83,1,h1,/dev/v/z,\"[\"\"=tag\"\",\"\"b,c\"\"]\",,,,1\n"
	"a-snap,snapshot,,1,h1,,,z-origin,,,0\nfile:h1:/srv/1,file,,1,h1,/srv/1,,,,,\n"
	"said,luks,,1,h2,,,,CITY-A,person,\nnobody,lv,,1,h2,,\"[\"\"haiki.tenant=b.2\"\"]\",,,"
	"import,\n"
	"fight,lv,,1,h1,/srv/2,\"[\"\"haiki.tenant=b.2\"\"]\",,,,\n"
	"stray,lv,,1,h1,,\"[\"\"haiki.tenant=gone\"\"]\",,,,\n"
	"head,header-backup,,1,h1,,,said,,,\n",
	"key,place,tenant,volume,vm_uuid,created_utc,expires_utc,size_bytes,gone_utc\n"
	"g1,\xE6\xA3\x9A,CITY-A,,,2027-01-01T00:00:00Z,,5,\n"
	"g2,p,,said,ABCDEF00-1111-2222-3333-444455556666,2027-01-01T00:00:00.250+09:00,"
	"2027-02-01T00:00:00Z,,2027-01-15T00:00:00Z\n",
	NULL,
};

static void test_round_trip(void **state)
{
	struct store_fixture *fixture = *state;
	static const char *const kinds[] = { "tenants", "contracts", "rules", "volumes",
		"generations" };
	for (int format = EXPORT_CSV; format <= EXPORT_JSON; format++) {
		char *first[ARRAY_SIZE(kinds) + 1] = { NULL };
		void *other_state = NULL;
		assert_string_equal(problems_of(fixture->store, world, NULL), "");
		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
			first[i] =
				export_text(fixture->store, kinds[i], (enum export_format)format);
		assert_int_equal(store_fixture_setup(&other_state), 0);
		struct store_fixture *other = other_state;
		assert_string_equal(
			problems_of(other->store, (const char *const *)first, NULL), "");
		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
			AUTO_FREE char *again =
				export_text(other->store, kinds[i], (enum export_format)format);
			assert_string_equal(again, first[i]);
		}
		/* And once more it changes nothing. */
		AUTO_REPORT struct import_report report = { 0 };
		import_files(other->store, (const char *const *)first, true, NULL, &report);
		assert_int_equal(report.problem_count, 0);
		assert_int_equal(report.change_count, 0);
		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
			free(first[i]);
		assert_int_equal(store_fixture_teardown(&other_state), 0);
	}
}

/* -- one row -- */

static void test_add_and_change(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	AUTO_FREE char *columns = NULL;
	const struct import_field fields[] = { { "code", "A" }, { "name", "a" }, { "zone", NULL } };
	struct import_row row = {
		.kind = "tenants", .fields = fields, .count = 3, .now_utc_ms = NOW
	};
	assert_int_equal(import_one(fixture->store, &row, &columns, &error), -ENOENT);
	row.add = true;
	ok(import_one(fixture->store, &row, &columns, &error), &error);
	free(columns);
	columns = NULL;
	assert_int_equal(import_one(fixture->store, &row, &columns, &error), -EEXIST);
	const struct import_field changed[] = { { "code", "A" }, { "name", "b" } };
	row = (struct import_row){
		.kind = "tenants", .fields = changed, .count = 2, .now_utc_ms = NOW
	};
	ok(import_one(fixture->store, &row, &columns, &error), &error);
	assert_string_equal(columns, "name");
}

/* A tenant that was removed never lends its number, and so its history, to another. */
static void test_removed_numbers_are_not_given_again(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	enter(fixture->store, "code,name,service_codes\nA,a,S1\nB,b,\n");
	ok(tenants_remove(fixture->store, 2, NOW, &error), &error);
	enter(fixture->store, "code,name\nC,c\n");
	assert_int_equal(
		store_fixture_number(fixture->store, "SELECT id FROM tenant WHERE code = 'C'"), 3);
	enter(fixture->store, "number,tenant,start_day\n1,A,2027-01-01\n");
	assert_int_equal(tenants_remove(fixture->store, 1, NOW, &error), -EBUSY);
	assert_string_equal(error.code, "tenant-in-use");
	assert_int_equal(tenants_remove(fixture->store, 2, NOW, &error), -ENOENT);
}

/* Drives bear its service codes: while a hold stands on the tenant, it keeps them. */
static void test_a_held_tenant_keeps_its_codes(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	enter(fixture->store, "code,name,service_codes\nA,a,S1 S12\nB,b,S2\n");
	ok(store_execute(fixture->store,
		   "INSERT INTO hold (id, target_kind, target_id, authority, reason,"
		   " placed_utc_ms) VALUES (1, 'tenant', 1, 'Court', 'case', 1)",
		   NULL, 0, NULL, &error),
		&error);
	static const char *const taken[] = { "code,service_codes\nA,S12\n",
		"code,service_codes\nA,\"S1 S13\"\n", "code,service_codes\nA,\n" };
	for (size_t i = 0; i < ARRAY_SIZE(taken); i++)
		assert_string_equal(
			problems_of(fixture->store, FILES(taken[i]), NULL), "a:2 hold-stands; ");
	enter(fixture->store, "code,service_codes\nA,S12 S3 S1\nB,\n");
	ok(store_execute(
		   fixture->store, "UPDATE hold SET lifted_utc_ms = 2", NULL, 0, NULL, &error),
		&error);
	enter(fixture->store, "code,service_codes\nA,S3\n");
}

static void test_words_that_could_mean_two(void **state)
{
	struct store_fixture *fixture = *state;
	struct error error = { 0 };
	int64_t id = 0;
	enter(fixture->store, "code,name\nA,a\nT1,other\n");
	assert_int_equal(tenants_one(fixture->store, "T1", &id, &error), -EEXIST);
	ok(tenants_one(fixture->store, "A", &id, &error), &error);
	assert_int_equal(id, 1);
	ok(tenants_one(fixture->store, "T2", &id, &error), &error);
	assert_int_equal(id, 2);
	assert_int_equal(tenants_one(fixture->store, "a", &id, &error), -ENOENT);
}

int main(void)
{
#define TEST(function)                                                                             \
	cmocka_unit_test_setup_teardown(function, store_fixture_setup, store_fixture_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_csv_records),
		cmocka_unit_test(test_csv_cells_come_back),
		TEST(test_errors_by_line),
		TEST(test_contract_days_by_line),
		TEST(test_problems_are_bounded),
		TEST(test_order_of_files_and_kinds),
		TEST(test_dry_run_says_what_would_be),
		TEST(test_links_of_imports),
		TEST(test_drives_are_labelled_never_made_up),
		TEST(test_encrypted_from_first_write),
		TEST(test_round_trip),
		TEST(test_add_and_change),
		TEST(test_removed_numbers_are_not_given_again),
		TEST(test_a_held_tenant_keeps_its_codes),
		TEST(test_words_that_could_mean_two),
	};
	return cmocka_run_group_tests_name("import", tests, NULL, NULL);
}

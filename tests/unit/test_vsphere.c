/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vSphere without a vCenter: SOAP written and read, places, and whose a disk is. */
#include "wipe/platform/vsphere.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* after the standard ones */
#include <cmocka.h>

#define HEAD                                                                                       \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"                                             \
	"<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\""            \
	" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body>"
#define TAIL "</soapenv:Body></soapenv:Envelope>"

static int parse(const char *text, struct vsphere_answer *ret, struct error *error)
{
	return vsphere_parse(
		text, strlen(text), "CurrentTime", &ret->document, &ret->node, &ret->fault, error);
}

/* ---- writing ---- */

static void test_request(void **state)
{
	(void)state;
	static const char *const texts[] = { "plain", "<&>\"'\r\n\t", "受付", "]]>", "&amp;" };
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const struct vsphere_ref object = { "Type", "a<b" };
		AUTO_BUFFER struct buffer arguments = BUFFER_INIT(KIB), request = BUFFER_INIT(KIB);
		assert_int_equal(vsphere_put(&arguments, "returnval", texts[i]), 0);
		/* the request of a method called like an answer reads like one */
		assert_int_equal(vsphere_request(&request, "CurrentTimeResponse", &object,
					 buffer_text(&arguments)),
			0);
		AUTO_ANSWER struct vsphere_answer answer = { 0 };
		struct vsphere_ref read = { 0 };
		char text[64];
		assert_int_equal(parse(buffer_text(&request), &answer, NULL), 0);
		assert_true(
			vsphere_text(vsphere_child(answer.node, "returnval"), text, sizeof(text)));
		assert_string_equal(text, texts[i]);
		assert_true(vsphere_read_ref(vsphere_child(answer.node, "_this"), &read));
		assert_string_equal(read.value, "a<b");
		assert_string_equal(read.type, "Type");
	}
	AUTO_BUFFER struct buffer buffer = BUFFER_INIT(KIB);
	assert_int_equal(vsphere_put_text(&buffer, "a\001b"), -EINVAL);
	assert_int_equal(vsphere_put_text(&buffer, "a\xff"), -EINVAL);
}

/* ---- reading ---- */

static void test_no_answers(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"",
		"no XML",
		"<a/>",
		HEAD TAIL,
		HEAD "<Other/>" TAIL,
		HEAD "<CurrentTime/>" TAIL,
		HEAD "<CurrentTimeResponse>",
		"<!DOCTYPE a>" HEAD "<CurrentTimeResponse/>" TAIL,
		"<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"c\">]><Envelope><Body>"
		"<CurrentTimeResponse>&b;</CurrentTimeResponse></Body></Envelope>",
		HEAD "<CurrentTimeResponse>&b;</CurrentTimeResponse>" TAIL,
		HEAD "<CurrentTimeResponse>\xff</CurrentTimeResponse>" TAIL,
		HEAD "<Other><CurrentTimeResponse/></Other>" TAIL,
	};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		AUTO_ANSWER struct vsphere_answer answer = { 0 };
		struct error error = { 0 };
		assert_int_equal(parse(texts[i], &answer, &error), -EBADMSG);
		assert_string_equal(error.code, "platform-answer");
		assert_int_equal(error.kind, ERROR_WAITING);
		assert_null(answer.document);
	}
}

static void test_faults(void **state)
{
	(void)state;
	static const struct {
		const char *text, *type, *message;
	} faults[] = {
		{ HEAD "<soapenv:Fault><faultcode>S</faultcode><faultstring>no &amp; "
		       "no</faultstring>"
		       "<detail><NotAuthenticatedFault xsi:type=\"NotAuthenticated\"/></detail>"
		       "</soapenv:Fault>" TAIL,
			"NotAuthenticated", "no & no" },
		{ HEAD "<soapenv:Fault><faultstring>x</faultstring><detail> <NotSupportedFault/>"
		       "</detail></soapenv:Fault>" TAIL,
			"NotSupported", "x" },
		{ HEAD "<soapenv:Fault><detail><a xsi:type=\"vim25:NotSupported\"/></detail>"
		       "</soapenv:Fault>" TAIL,
			"NotSupported", "" },
		{ HEAD "<soapenv:Fault/><CurrentTimeResponse/>" TAIL, "", "" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		AUTO_ANSWER struct vsphere_answer answer = { 0 };
		struct error error = { 0 };
		assert_int_equal(parse(faults[i].text, &answer, &error), -EREMOTEIO);
		assert_string_equal(answer.fault.type, faults[i].type);
		assert_string_equal(answer.fault.message, faults[i].message);
		assert_null(answer.document);
	}
}

static void test_elements(void **state)
{
	(void)state;
	AUTO_ANSWER struct vsphere_answer answer = { 0 };
	struct vsphere_ref ref = { 0 };
	char text[8], type[64];
	int64_t number = 7;
	assert_int_equal(
		parse(HEAD "<CurrentTimeResponse><a>12345678</a><b>1<c/></b><d> 5</d><e>5x</e>"
			   "<f>-5</f><g><![CDATA[<5>]]></g><h xsi:type=\"x:T\" type=\"U\">v</h>"
			   "<i xsi:type=\"T\">v</i></CurrentTimeResponse>" TAIL,
			&answer, NULL),
		0);
	const xmlNode *node = answer.node;
	assert_false(vsphere_text(vsphere_child(node, "a"), text, sizeof(text)));
	assert_false(vsphere_text(vsphere_child(node, "b"), text, sizeof(text)));
	assert_false(vsphere_text(vsphere_child(node, "none"), text, sizeof(text)));
	assert_string_equal(text, "");
	assert_false(vsphere_number(vsphere_child(node, "e"), &number));
	assert_int_equal(number, 7);
	assert_true(vsphere_number(vsphere_child(node, "f"), &number));
	assert_int_equal(number, -5);
	assert_true(vsphere_text(vsphere_child(node, "g"), text, sizeof(text)));
	assert_string_equal(text, "<5>");
	vsphere_type(vsphere_child(node, "h"), type);
	assert_string_equal(type, "T");
	assert_true(vsphere_read_ref(vsphere_child(node, "h"), &ref));
	assert_string_equal(ref.type, "U");
	assert_false(vsphere_read_ref(vsphere_child(node, "i"), &ref));
	assert_null(vsphere_next(vsphere_child(node, "a"), "a"));
}

/* ---- places ---- */

static void test_places(void **state)
{
	(void)state;
	static const struct {
		const char *text, *datastore, *folder, *name; /* datastore NULL: none */
	} places[] = {
		{ "[ds1] a/b.vmdk", "ds1", "a", "b.vmdk" },
		{ "[ds 1] a/b/c.vmdk", "ds 1", "a/b", "c.vmdk" },
		{ "[ds[2]] b.vmdk", "ds[2]", "", "b.vmdk" },
		{ "[] a/b.vmdk", NULL, NULL, NULL },
		{ "[ds1] a/", NULL, NULL, NULL },
		{ "[ds1]", NULL, NULL, NULL },
		{ "[ds1] ", NULL, NULL, NULL },
		{ "/a/b", NULL, NULL, NULL },
		{ "", NULL, NULL, NULL },
	};
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct vsphere_place place;
		assert_int_equal(
			vsphere_place_parse(places[i].text, &place), places[i].datastore != NULL);
		if (!places[i].datastore)
			continue;
		assert_string_equal(place.datastore, places[i].datastore);
		assert_string_equal(place.folder, places[i].folder);
		assert_string_equal(place.name, places[i].name);
	}
}

static void test_extents(void **state)
{
	(void)state;
	static const char *const own[] = { "a.vmdk", "a-flat.vmdk", "a-delta.vmdk",
		"a-sesparse.vmdk", "a-rdmp.vmdk", "a-s001.vmdk", "a-f12.vmdk", "a-ctk.vmdk" };
	static const char *const others[] = { "a_1.vmdk", "a_1-flat.vmdk", "a-000001.vmdk",
		"a-000001-delta.vmdk", "b.vmdk", "a.vmx", "a-flat", "aa-flat.vmdk", "a-s.vmdk",
		"a-flat-flat.vmdk", ".vmdk", "-flat.vmdk", "" };
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		assert_true(vsphere_is_of_disk(own[i], "a.vmdk"));
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_false(vsphere_is_of_disk(others[i], "a.vmdk"));
	assert_true(vsphere_is_of_disk("a-000001-delta.vmdk", "a-000001.vmdk"));
	assert_false(vsphere_is_of_disk("x-flat.vmdk", ".vmdk"));
}

/* ---- whose it is ---- */

static void test_whose(void **state)
{
	(void)state;
	char base[] = "[d] a/a.vmdk", delta[] = "[d] b/b.vmdk", alien[] = "[d] c/c.vmdk";
	char one[] = "1", two[] = "2";
	char *chain[] = { base }, *sharers[] = { one, two };
	/* b's disk stands on a's; sorted by place */
	struct vsphere_user users[] = { { base, "1" }, { alien, "2" } };
	struct vsphere_files files = { .users = users, .user_count = 1 };
	struct machine_disk disk = { .place = delta,
		.chain = chain,
		.chain_count = 1,
		.shared_with = sharers,
		.shared_count = 1 };
	assert_int_equal(vsphere_whose(&files, &disk, base), VSPHERE_SHARED);
	assert_int_equal(vsphere_whose(&files, &disk, delta), VSPHERE_OWN);
	assert_false(vsphere_disk_is_own(&files, &disk));
	/* another who shared it has gone: which part was that one's? */
	disk.shared_count = 2;
	assert_int_equal(vsphere_whose(&files, &disk, delta), VSPHERE_SHARED);
	/* they are there again, but elsewhere */
	files.user_count = 2;
	assert_int_equal(vsphere_whose(&files, &disk, delta), VSPHERE_SHARED);
	/* surveyed as its own, and used by somebody since */
	disk.shared_count = 0;
	assert_int_equal(vsphere_whose(&files, &disk, base), VSPHERE_SHARED);
	assert_int_equal(vsphere_whose(&files, &disk, delta), VSPHERE_OWN);
	assert_false(vsphere_disk_is_own(&files, &disk));
	files.user_count = 0;
	assert_true(vsphere_disk_is_own(&files, &disk));
}

static void test_users(void **state)
{
	(void)state;
	char a[] = "a", b[] = "b", d[] = "d";
	struct vsphere_user users[] = { { a, "1" }, { b, "1" }, { b, "2" }, { b, "3" },
		{ d, "1" } };
	const struct vsphere_files files = { .users = users, .user_count = ARRAY_SIZE(users) };
	static const struct {
		const char *place;
		size_t count;
	} cases[] = { { "", 0 }, { "a", 1 }, { "b", 3 }, { "c", 0 }, { "d", 1 }, { "e", 0 } };
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t count = 99;
		const struct vsphere_user *found = vsphere_users_of(&files, cases[i].place, &count);
		assert_int_equal(count, cases[i].count);
		assert_int_equal(found != NULL, count > 0);
	}
}

static void test_changed(void **state)
{
	(void)state;
	char base[] = "[d] a/a.vmdk", delta[] = "[d] a/a-000001.vmdk", extra[] = "[d] a/b.vmdk";
	char *merged[] = { base }, *more[] = { base, extra }, *chain[] = { base };
	struct vsphere_disk now = { .places = merged, .place_count = 1 };
	const struct vsphere_files files = { .disks = &now, .disk_count = 1 };
	struct machine_disk disk = { .place = delta, .chain = chain, .chain_count = 1 };
	const struct machine machine = { .disks = &disk, .disk_count = 1 };
	struct error error = { 0 };
	assert_int_equal(vsphere_unchanged(&files, &machine, &error), 0);
	now.places = more;
	now.place_count = 2;
	assert_int_equal(vsphere_unchanged(&files, &machine, &error), -ESTALE);
	assert_string_equal(error.code, "vm-changed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_no_answers),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_elements),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_extents),
		cmocka_unit_test(test_whose),
		cmocka_unit_test(test_users),
		cmocka_unit_test(test_changed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A PKCS#11 module in front of SoftHSM's (LOCKED_TOKEN_MODULE) that says of every token what SoftHSM never says:
 * that its PIN is locked (LOCKED_TOKEN=locked), or that one wrong PIN more locks it (LOCKED_TOKEN=final). */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

/* PKCS#11 2.40: CK_FUNCTION_LIST, CK_TOKEN_INFO. */
#define FUNCTIONS 68
#define GET_TOKEN_INFO 6
#define USER_PIN_FINAL_TRY 0x00020000UL
#define USER_PIN_LOCKED 0x00040000UL

typedef unsigned long get_token_info(unsigned long slot, void *info);

struct function_list {
	unsigned char version[2];
	void (*functions[FUNCTIONS])(void);
};

struct token_info {
	unsigned char label[32], manufacturer[32], model[16], serial[16];
	unsigned long flags;
};

static struct function_list list;
static get_token_info *real_get_token_info;

static unsigned long changed_token_info(unsigned long slot, void *info)
{
	const char *wish = getenv("LOCKED_TOKEN");
	unsigned long result = real_get_token_info(slot, info);
	struct token_info *token = info;
	if (result == 0 && wish && strcmp(wish, "locked") == 0)
		token->flags |= USER_PIN_LOCKED;
	if (result == 0 && wish && strcmp(wish, "final") == 0)
		token->flags |= USER_PIN_FINAL_TRY;
	return result;
}

unsigned long C_GetFunctionList(struct function_list **ret);
unsigned long C_GetFunctionList(struct function_list **ret)
{
	const char *path = getenv("LOCKED_TOKEN_MODULE");
	void *module = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
	unsigned long (*get)(struct function_list **) = NULL;
	struct function_list *real = NULL;
	if (module)
		*(void **)&get = dlsym(module, "C_GetFunctionList");
	if (!get || get(&real) != 0)
		return 5; /* CKR_GENERAL_ERROR */
	list = *real;
	real_get_token_info = (get_token_info *)list.functions[GET_TOKEN_INFO];
	list.functions[GET_TOKEN_INFO] = (void (*)(void))changed_token_info;
	*ret = &list;
	return 0;
}

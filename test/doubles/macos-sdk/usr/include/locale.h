#pragma once
#include <sys/cdefs.h>

#define LC_ALL 0
struct lconv;

__BEGIN_DECLS
struct lconv* localeconv(void);
char* setlocale(int, const char*);
__END_DECLS

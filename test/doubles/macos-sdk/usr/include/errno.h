#pragma once
#include <sys/cdefs.h>

__BEGIN_DECLS
int* __error(void);
__END_DECLS
#define errno (*__error())
#define EPERM 1
#define ENOENT 2
#define EINTR 4
#define EAGAIN 35
#define ENOMEM 12
#define EBUSY 16
#define EINVAL 22
#define EDOM 33
#define ERANGE 34
#define ETIMEDOUT 60
#define EOVERFLOW 84
#define EILSEQ 92

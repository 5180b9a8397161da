// What begins and ends declarations of C.
#pragma once

#define __BEGIN_DECLS extern "C" {
#define __END_DECLS }

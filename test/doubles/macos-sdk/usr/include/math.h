#pragma once
#include <sys/cdefs.h>

typedef float float_t;
typedef double double_t;
#define HUGE_VAL __builtin_huge_val()
#define HUGE_VALF __builtin_huge_valf()
#define HUGE_VALL __builtin_huge_vall()
#define INFINITY __builtin_inff()
#define NAN __builtin_nanf("")
#define FP_NAN 1
#define FP_INFINITE 2
#define FP_ZERO 3
#define FP_NORMAL 4
#define FP_SUBNORMAL 5

// Each function in its three precisions.
#define UNARY(name)     \
  double name(double);  \
  float name##f(float); \
  long double name##l(long double)
#define BINARY(name)           \
  double name(double, double); \
  float name##f(float, float); \
  long double name##l(long double, long double)
#define OTHERS(T, suffix)               \
  long lround##suffix(T);               \
  long long llround##suffix(T);         \
  long lrint##suffix(T);                \
  long long llrint##suffix(T);          \
  int ilogb##suffix(T);                 \
  T ldexp##suffix(T, int);              \
  T frexp##suffix(T, int*);             \
  T modf##suffix(T, T*);                \
  T scalbn##suffix(T, int);             \
  T scalbln##suffix(T, long);           \
  T fma##suffix(T, T, T);               \
  T remquo##suffix(T, T, int*);         \
  T nexttoward##suffix(T, long double); \
  T nan##suffix(const char*)

__BEGIN_DECLS
UNARY(acos);
UNARY(asin);
UNARY(atan);
UNARY(cos);
UNARY(sin);
UNARY(tan);
UNARY(acosh);
UNARY(asinh);
UNARY(atanh);
UNARY(cosh);
UNARY(sinh);
UNARY(tanh);
UNARY(exp);
UNARY(exp2);
UNARY(expm1);
UNARY(log);
UNARY(log10);
UNARY(log2);
UNARY(log1p);
UNARY(logb);
UNARY(fabs);
UNARY(cbrt);
UNARY(sqrt);
UNARY(erf);
UNARY(erfc);
UNARY(lgamma);
UNARY(tgamma);
UNARY(ceil);
UNARY(floor);
UNARY(nearbyint);
UNARY(rint);
UNARY(round);
UNARY(trunc);
BINARY(atan2);
BINARY(pow);
BINARY(hypot);
BINARY(fmod);
BINARY(remainder);
BINARY(copysign);
BINARY(nextafter);
BINARY(fdim);
BINARY(fmax);
BINARY(fmin);
OTHERS(double, );
OTHERS(float, f);
OTHERS(long double, l);
__END_DECLS
#undef UNARY
#undef BINARY
#undef OTHERS

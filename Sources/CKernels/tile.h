#pragma once
// A tile's function is inlined where its size is a constant, and its loops unrolled, so that its sums live in
// registers.
#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

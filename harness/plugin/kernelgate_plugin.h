/* Interface for a kernel of your own that kernelgate checks, in a shared library with C calls.
 *
 *   kernelgate check --plugin ./libmine.so --suite edge_shapes --variant plugin/mine
 *
 * The library exports one function, kernelgate_plugin(). Tensors are named, typed, row-major, in host
 * memory at multiples of 64 bytes; each kernel's page in docs/kernels/ describes its tensors and
 * axes. A library that runs on a GPU copies them there and back inside of run(), or in
 * prepare() where copies shall not be timed.
 *
 * Each call starts with standard floating point (rounding to nearest, subnormals kept, no traps).
 * kernelgate restores part of the process state that a call changes (docs/plugin.md).
 */
#ifndef KERNELGATE_PLUGIN_H
#define KERNELGATE_PLUGIN_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* NOLINTBEGIN(modernize-use-using,readability-identifier-naming): C has neither. */

/* Raised when a structure below changes. */
#define KERNELGATE_PLUGIN_ABI 1

typedef enum { KG_INPUT = 0, KG_OUTPUT = 1, KG_STATE = 2 } kg_role;

/* One argument of a kernel. Outputs hold NaN at first; bytes outside of [data, data + count x size of
 * type) must not change, nor may inputs. */
typedef struct {
  const char* name;     /* "x" */
  const char* type;     /* "f32", "bf16", "f16", "f64", "i32", "i64", "u8" */
  kg_role role;
  int64_t rank;
  const int64_t* shape; /* rank extents, the last contiguous */
  int64_t count;        /* their product */
  void* data;
} kg_tensor;

/* One shape of a kernel. Lives until release() of its run. */
typedef struct {
  const char* kernel; /* "linear" */
  const char* axes;   /* "tokens=7,out=2048,in=2048,output=same,bf16": every axis, defaults too */
  int64_t tensor_count;
  const kg_tensor* tensors;
} kg_case;

/* One implementation of one kernel. Functions that are NULL are not called. */
typedef struct {
  const char* kernel; /* one of kernelgate's kernels */
  const char* name;   /* the variant is then called plugin/<name> */
  const char* note;   /* one line for `kernelgate list`, or NULL */
  /* The reason why it cannot run such a case; NULL if it can. `tensors` have no data here. The text
   * must live until the next call. */
  const char* (*unsupported_reason)(const kg_case* shape);
  /* Called once per case before its runs, not timed. Its result is passed on. */
  void* (*prepare)(const kg_case* shape);
  /* The kernel: returns when the outputs are written. Called any number of times, timed. NULL or a
   * message about the failure. Never NULL itself. */
  const char* (*run)(const kg_case* shape, void* prepared);
  void (*release)(void* prepared);
} kg_variant;

typedef struct {
  uint32_t abi; /* KERNELGATE_PLUGIN_ABI */
  int64_t variant_count;
  const kg_variant* variants;
} kg_plugin;

/* What the library has; it must live as long as the library is loaded. */
const kg_plugin* kernelgate_plugin(void);

/* NOLINTEND(modernize-use-using,readability-identifier-naming) */

#ifdef __cplusplus
}
#endif
#endif

// What a body may say about its registers: nothing to clang, which takes what a kernel needs up to
// the launch bound and spills no vector register of any. For kernels to include after
// <dialect.hpp>; docs/resources.md tells of each use.
#pragma once

#define KBOUNDS_BLOCKS(threads, blocks) KBOUNDS(threads)
#define K_ROLL

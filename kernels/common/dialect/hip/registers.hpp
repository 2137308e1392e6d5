// Register control of a kernel body. It has no effect with clang, which takes the registers that a
// kernel needs up to the launch bound and spills no vector register of any kernel. Include after
// <dialect.hpp>; docs/resources.md explains each use.
#pragma once

#define KBOUNDS_BLOCKS(threads, blocks) KBOUNDS(threads)
#define K_ROLL

# Sets the flags of two kinds of code. Harness and reference: no -march and no contraction, so that their
# doubles have the same bits on every machine. Kernels: the host's instruction set.
include(CheckCXXCompilerFlag)

# Only kernels use -O3 and set it themselves; for other code it would cost a fifth of the compile time.
string(REPLACE "-O3" "-O2" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")

add_library(kernelgate_warnings INTERFACE)
target_compile_options(kernelgate_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
  $<$<BOOL:${KERNELGATE_WERROR}>:-Werror>
  # g++ 12 falsely reports overlaps in "text" + std::string (GCC PR105651)
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  # libstdc++ 12's std::stable_sort uses deprecated functions when instantiated from our code
  $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>
  # clang, unlike g++, also warns about constants of other units joined to this one: JoinUnits.cmake
  $<$<AND:$<CXX_COMPILER_ID:Clang>,$<BOOL:$<TARGET_PROPERTY:UNITY_BUILD>>>:-Wno-shadow>)

add_library(kernelgate_exact INTERFACE)
target_compile_options(kernelgate_exact INTERFACE -ffp-contract=off)

add_library(kernelgate_fast INTERFACE)
target_compile_options(kernelgate_fast INTERFACE
  $<$<CONFIG:Release,RelWithDebInfo>:-O3> -ffp-contract=fast -fno-math-errno -fno-trapping-math)
if(KERNELGATE_ARCH)
  check_cxx_compiler_flag(-march=${KERNELGATE_ARCH} KERNELGATE_ARCH_WORKS)
  if(NOT KERNELGATE_ARCH_WORKS)
    message(FATAL_ERROR "KERNELGATE_ARCH: the compiler does not know -march=${KERNELGATE_ARCH}")
  endif()
  target_compile_options(kernelgate_fast INTERFACE -march=${KERNELGATE_ARCH})
  check_cxx_compiler_flag(-mprefer-vector-width=512 KERNELGATE_WIDE_VECTORS)
  if(KERNELGATE_WIDE_VECTORS)
    target_compile_options(kernelgate_fast INTERFACE -mprefer-vector-width=512)
  endif()
endif()

# The widest vector instructions of kernel code, for the records; "native" does not specify them.
include(CheckCXXSourceCompiles)
set(KERNELGATE_VECTORS "")
foreach(known __AVX512F__=AVX-512 __AVX2__=AVX2 __AVX__=AVX __SSE2__=SSE2
    __ARM_FEATURE_SVE=SVE __ARM_NEON=NEON)
  string(REPLACE "=" ";" known "${known}")
  list(GET known 0 macro)
  string(MAKE_C_IDENTIFIER "KERNELGATE${macro}_OF_${KERNELGATE_ARCH}" found)
  if(KERNELGATE_ARCH)
    set(CMAKE_REQUIRED_FLAGS "-march=${KERNELGATE_ARCH}")
  endif()
  set(CMAKE_REQUIRED_QUIET ON)
  check_cxx_source_compiles("
    #ifndef ${macro}
    #error not among the instructions
    #endif
    int main() {}" ${found})
  unset(CMAKE_REQUIRED_FLAGS)
  unset(CMAKE_REQUIRED_QUIET)
  if(${found})
    list(GET known 1 KERNELGATE_VECTORS)
    break()
  endif()
endforeach()

# Finds the compilers of device code, which need no device: nvcc for CUDA, clang with lld for AMD. Sets
#   KERNELGATE_NVCC, KERNELGATE_NVCC_VERSION               empty when there is none
#   KERNELGATE_HIP_CLANG, KERNELGATE_HIP_CLANG_VERSION     likewise
#   KERNELGATE_LLVM_BIN                                    llvm-readelf and friends of that clang
#   KERNELGATE_ROCM                                        HIP headers and device libraries, or empty
# and, for each that is missing, the reason as text in KERNELGATE_CUDA_MISSING / _HIP_MISSING / _ROCM_MISSING.

find_program(KERNELGATE_NVCC nvcc
  HINTS ${PROJECT_SOURCE_DIR}/.deps/cuda/bin ENV CUDA_HOME ENV CUDA_PATH /usr/local/cuda/bin
  PATH_SUFFIXES bin DOC "nvcc, for the CUDA compile lanes")
set(KERNELGATE_NVCC_VERSION "")
set(KERNELGATE_CUDA_MISSING "no nvcc: ci/deps/cuda.sh takes NVIDIA's from PyPI")
if(KERNELGATE_NVCC)
  execute_process(COMMAND ${KERNELGATE_NVCC} --version OUTPUT_VARIABLE text ERROR_QUIET)
  if(text MATCHES "V([0-9]+\\.[0-9]+\\.[0-9]+)")
    set(KERNELGATE_NVCC_VERSION ${CMAKE_MATCH_1})
    set(KERNELGATE_CUDA_MISSING "")
  else()
    set(KERNELGATE_CUDA_MISSING "${KERNELGATE_NVCC} does not tell its version")
  endif()
endif()

find_program(KERNELGATE_HIP_CLANG NAMES clang++-23 clang++-22 clang++-19 amdclang++
  PATHS ENV ROCM_PATH /opt/rocm PATH_SUFFIXES bin lib/llvm/bin llvm/bin
  DOC "clang++, for the HIP compile lanes")
set(KERNELGATE_HIP_CLANG_VERSION "")
set(KERNELGATE_LLVM_BIN "")
set(KERNELGATE_HIP_MISSING "no clang++-22: ci/bootstrap.sh device installs it")
if(KERNELGATE_HIP_CLANG)
  file(REAL_PATH ${KERNELGATE_HIP_CLANG} clang)
  cmake_path(GET clang PARENT_PATH KERNELGATE_LLVM_BIN)
  execute_process(COMMAND ${KERNELGATE_HIP_CLANG} -dumpversion OUTPUT_VARIABLE version
    OUTPUT_STRIP_TRAILING_WHITESPACE)
  set(KERNELGATE_HIP_MISSING "")
  foreach(tool IN ITEMS lld llvm-readelf llvm-nm llvm-objdump)
    if(NOT EXISTS ${KERNELGATE_LLVM_BIN}/${tool})
      set(KERNELGATE_HIP_MISSING
        "no ${tool} beside ${KERNELGATE_HIP_CLANG}: ci/bootstrap.sh device installs it")
    endif()
  endforeach()
  if(NOT KERNELGATE_HIP_MISSING)
    set(KERNELGATE_HIP_CLANG_VERSION ${version})
  endif()
endif()

set(KERNELGATE_ROCM "${PROJECT_SOURCE_DIR}/.deps/rocm" CACHE PATH
  "HIP headers and device libraries that ci/deps/rocm.sh unpacked, for Kokkos kernels as HIP objects")
set(KERNELGATE_ROCM_MISSING "")
if(NOT EXISTS ${KERNELGATE_ROCM}/usr/include/hip/hip_runtime.h)
  set(KERNELGATE_ROCM_MISSING
    "no HIP headers in ${KERNELGATE_ROCM}: ci/deps/rocm.sh lays them there where the mirror has them")
endif()

# Finds the third-party libraries, all from Debian. Those of the baselines are optional, the others required.
# A bundle for a machine without network (ci/bundle.sh) contains its own in third_party/.
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(Threads REQUIRED)
set(kernelgate_needs_gtest OFF)
if(KERNELGATE_TESTS OR KERNELGATE_CUDA OR KERNELGATE_HIP)
  set(kernelgate_needs_gtest ON)
  include(GoogleTest)
endif()

if(EXISTS ${PROJECT_SOURCE_DIR}/third_party/PACKAGES.csv)
  include(BundledLibraries)
else()
  find_package(fmt REQUIRED)
  find_package(nlohmann_json REQUIRED)
  find_package(CLI11 REQUIRED)
  find_package(benchmark REQUIRED)
  if(kernelgate_needs_gtest)
    find_package(GTest REQUIRED)
  endif()
  find_path(FCCP_INCLUDE_DIR libfccp/csv.h REQUIRED)
endif()

add_library(kernelgate_csv INTERFACE)
target_include_directories(kernelgate_csv SYSTEM INTERFACE ${FCCP_INCLUDE_DIR})
target_compile_definitions(kernelgate_csv INTERFACE CSV_IO_NO_THREAD)
# The library copies file names with strncpy and terminates them itself; clang has no such warning.
target_compile_options(kernelgate_csv INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-truncation>)

if(NOT KERNELGATE_KOKKOS)
  return()  # no baselines either
endif()
# Debian's dnnl config requires OpenCL, which the CPU engine does not need.
find_library(DNNL_LIBRARY NAMES dnnl)
find_path(DNNL_INCLUDE_DIR oneapi/dnnl/dnnl.hpp)
if(DNNL_LIBRARY AND DNNL_INCLUDE_DIR)
  add_library(DNNL::dnnl UNKNOWN IMPORTED)
  set_target_properties(DNNL::dnnl PROPERTIES IMPORTED_LOCATION ${DNNL_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${DNNL_INCLUDE_DIR})
endif()
find_library(OPENBLAS_LIBRARY NAMES openblas)
find_path(OPENBLAS_INCLUDE_DIR cblas.h PATH_SUFFIXES x86_64-linux-gnu openblas)

# Text input and output of `rsa` for checkpoints with a SentencePiece model. Optional.
find_library(SENTENCEPIECE_LIBRARY NAMES sentencepiece)
find_path(SENTENCEPIECE_INCLUDE_DIR sentencepiece_processor.h)
if(SENTENCEPIECE_LIBRARY AND SENTENCEPIECE_INCLUDE_DIR)
  add_library(SentencePiece::processor UNKNOWN IMPORTED)
  set_target_properties(SentencePiece::processor PROPERTIES
    IMPORTED_LOCATION ${SENTENCEPIECE_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${SENTENCEPIECE_INCLUDE_DIR})
endif()
find_library(SENTENCEPIECE_TRAIN_LIBRARY NAMES sentencepiece_train)  # for a test's own model
if(TARGET SentencePiece::processor AND SENTENCEPIECE_TRAIN_LIBRARY)
  add_library(SentencePiece::trainer UNKNOWN IMPORTED)
  set_target_properties(SentencePiece::trainer PROPERTIES
    IMPORTED_LOCATION ${SENTENCEPIECE_TRAIN_LIBRARY}
    INTERFACE_LINK_LIBRARIES SentencePiece::processor)
endif()

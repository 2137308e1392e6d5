# Provides the target Kokkos::kokkos, Kokkos 5 or later, from the first available of three sources:
#   1  an installed Kokkos (find_package; Kokkos_ROOT and CMAKE_PREFIX_PATH are respected)
#   2  Debian's binary package, unpacked by ci/deps/kokkos.sh or installed in the system
#   3  the release KERNELGATE_KOKKOS_RELEASE, fetched from GitHub and built with OpenMP and Serial
# Prints one line with the source. Sets KERNELGATE_KOKKOS_{ORIGIN,VERSION,BACKENDS} for the report and
# KERNELGATE_KOKKOS_{BUNDLED,LIBRARY,SONAME,LICENCE} for the installation.
# docs/setup.md explains why Debian's binary must be adapted on a stable Debian.

if(NOT KERNELGATE_KOKKOS)
  set(KERNELGATE_KOKKOS_VERSION none)
  set(KERNELGATE_KOKKOS_BACKENDS "left out")
  set(KERNELGATE_KOKKOS_ORIGIN "no variants kokkos*, no baselines: KERNELGATE_KOKKOS=OFF")
  return()
endif()

set(KERNELGATE_KOKKOS_PREFIX "${CMAKE_SOURCE_DIR}/.deps/kokkos" CACHE PATH
  "folder that ci/deps/kokkos.sh unpacked Debian's Kokkos into")
set(KERNELGATE_KOKKOS_RELEASE 5.2.2 CACHE STRING "Kokkos release fetched when none is installed")

find_package(OpenMP REQUIRED COMPONENTS CXX)

# Reads version and backends from the headers.
function(kernelgate_read_kokkos_config header)
  file(STRINGS "${header}" lines REGEX "^#define KOKKOS_(VERSION_|ENABLE_)")
  set(backends "")
  foreach(line IN LISTS lines)
    if(line MATCHES "KOKKOS_VERSION_(MAJOR|MINOR|PATCH) ([0-9]+)")
      set(${CMAKE_MATCH_1} ${CMAKE_MATCH_2})
    elseif(line MATCHES "KOKKOS_ENABLE_(SERIAL|OPENMP|THREADS|HPX|CUDA|HIP|SYCL|OPENACC)$")
      list(APPEND backends ${CMAKE_MATCH_1})
    endif()
  endforeach()
  list(JOIN backends " " backends)
  set(KERNELGATE_KOKKOS_VERSION "${MAJOR}.${MINOR}.${PATCH}" PARENT_SCOPE)
  set(KERNELGATE_KOKKOS_BACKENDS "${backends}" PARENT_SCOPE)
endfunction()

# 1. An installed Kokkos. Debian's own KokkosConfig.cmake refers to two archives that Debian does not
# ship, and stops CMake. If it is installed in the system, only paths given by the user are searched.
function(kernelgate_find_installed_kokkos)
  set(where "")
  set(debian "/usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}")
  if(EXISTS "${debian}/cmake/Kokkos/KokkosTargets-none.cmake"
      AND NOT EXISTS "${debian}/libkokkossimd.a")
    set(where NO_CMAKE_SYSTEM_PATH)
  endif()
  find_package(Kokkos 5.0 CONFIG QUIET ${where})
  set(Kokkos_FOUND "${Kokkos_FOUND}" PARENT_SCOPE)
  set(KERNELGATE_KOKKOS_VERSION "${Kokkos_VERSION}" PARENT_SCOPE)
  string(REPLACE ";" " " devices "${Kokkos_DEVICES}")
  set(KERNELGATE_KOKKOS_BACKENDS "${devices}" PARENT_SCOPE)
  set(KERNELGATE_KOKKOS_ORIGIN "installed, ${Kokkos_DIR}" PARENT_SCOPE)
endfunction()

# The functions that cmake/kokkos_shim/shim.cpp defines.
set(kernelgate_shim_symbols
  _ZSt21ios_base_library_initv
  _ZNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE15_M_replace_coldEPcmPKcmm
  __isoc23_strtol)

# Sets `fitted` to the library to link for Debian's `original`: itself on a recent host, else a copy whose
# version needs this host meets, together with the shim. Empty if neither works.
function(kernelgate_fit_kokkos_library original soname)
  set(source "${PROJECT_SOURCE_DIR}/cmake/kokkos_shim/fit_to_host.cpp")
  set(folder "${PROJECT_BINARY_DIR}/kokkos")
  set(tool "${folder}/fit_to_host")
  if(NOT EXISTS "${tool}" OR "${source}" IS_NEWER_THAN "${tool}")
    file(MAKE_DIRECTORY "${folder}")
    try_compile(built "${folder}/try" SOURCES "${source}" LINK_LIBRARIES ${CMAKE_DL_LIBS}
      CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON OUTPUT_VARIABLE log COPY_FILE "${tool}")
    if(NOT built)
      message(FATAL_ERROR "Kokkos: ${source} does not compile:\n${log}")
    endif()
  endif()
  execute_process(COMMAND "${tool}" "${original}" "${folder}/fitted" ${kernelgate_shim_symbols}
    RESULT_VARIABLE code OUTPUT_VARIABLE missing ERROR_VARIABLE refusal OUTPUT_STRIP_TRAILING_WHITESPACE)
  set(library "${original}")
  if(code EQUAL 10)
    set(library "${folder}/${soname}")
    file(COPY_FILE "${folder}/fitted" "${library}" ONLY_IF_DIFFERENT)
    message(STATUS "Kokkos: this host has no ${missing}; linking a fitted copy with a shim (docs/setup.md)")
  elseif(NOT code EQUAL 0)
    message(STATUS "Kokkos: Debian's library is of no use on this host: ${refusal}")
    set(library "")
  endif()
  set(fitted "${library}" PARENT_SCOPE)
  if(code EQUAL 10)
    set(with_shim ON PARENT_SCOPE)
  else()
    set(with_shim OFF PARENT_SCOPE)
  endif()
endfunction()

# 2. Debian's package below `root`, which is the unpacked prefix or the system itself.
function(kernelgate_use_debian_kokkos root)
  set(include "${root}/usr/include/kokkos")
  file(GLOB libraries "${root}/usr/lib/*/libkokkoscore.so.5.*.*")
  if(NOT libraries OR NOT EXISTS "${include}/KokkosCore_config.h")
    return()
  endif()
  list(GET libraries 0 original)
  get_filename_component(file_name "${original}" NAME)
  string(REGEX REPLACE "\\.[0-9]+$" "" soname "${file_name}")
  kernelgate_fit_kokkos_library("${original}" "${soname}")
  if(NOT fitted)
    return()
  endif()

  add_library(kernelgate_kokkoscore SHARED IMPORTED GLOBAL)
  set_target_properties(kernelgate_kokkoscore PROPERTIES
    IMPORTED_LOCATION "${fitted}" IMPORTED_SONAME "${soname}")
  add_library(Kokkos::kokkos INTERFACE IMPORTED GLOBAL)
  target_include_directories(Kokkos::kokkos INTERFACE "${include}")
  target_link_libraries(Kokkos::kokkos INTERFACE kernelgate_kokkoscore OpenMP::OpenMP_CXX)
  target_compile_features(Kokkos::kokkos INTERFACE cxx_std_20)
  if(with_shim)
    add_library(kernelgate_kokkos_shim SHARED "${PROJECT_SOURCE_DIR}/cmake/kokkos_shim/shim.cpp")
    target_compile_features(kernelgate_kokkos_shim PRIVATE cxx_std_20)
    target_link_libraries(Kokkos::kokkos INTERFACE kernelgate_kokkos_shim)
    # The program itself does not refer to the shim, so the linker must be told to keep it. The new
    # functions are undefined symbols of Kokkos, which the shim resolves when the program starts.
    target_link_options(Kokkos::kokkos INTERFACE
      LINKER:--no-as-needed LINKER:--allow-shlib-undefined)
  endif()
  kernelgate_read_kokkos_config("${include}/KokkosCore_config.h")
  file(GLOB licence "${root}/usr/share/doc/libkokkos5.*/copyright")
  if(root OR with_shim)
    set(KERNELGATE_KOKKOS_BUNDLED ON PARENT_SCOPE)  # not a system library: the installation includes it
  endif()
  set(KERNELGATE_KOKKOS_LIBRARY "${fitted}" PARENT_SCOPE)
  set(KERNELGATE_KOKKOS_SONAME "${soname}" PARENT_SCOPE)
  set(KERNELGATE_KOKKOS_ORIGINAL "${original}" PARENT_SCOPE)
  set(KERNELGATE_KOKKOS_LICENCE "${licence}" PARENT_SCOPE)
  set(KERNELGATE_KOKKOS_VERSION "${KERNELGATE_KOKKOS_VERSION}" PARENT_SCOPE)
  set(KERNELGATE_KOKKOS_BACKENDS "${KERNELGATE_KOKKOS_BACKENDS}" PARENT_SCOPE)
  set(origin "Debian's package in the system")
  if(root)
    cmake_path(RELATIVE_PATH root BASE_DIRECTORY "${PROJECT_SOURCE_DIR}" OUTPUT_VARIABLE shown)
    set(origin "Debian's package in ${shown}")
  endif()
  set(KERNELGATE_KOKKOS_ORIGIN "${origin}" PARENT_SCOPE)
endfunction()

# 3. Kokkos from source. Its first build takes minutes.
macro(kernelgate_fetch_kokkos)
  message(STATUS "Kokkos: none installed and none in ${KERNELGATE_KOKKOS_PREFIX} "
    "(ci/deps/kokkos.sh makes that); fetching ${KERNELGATE_KOKKOS_RELEASE} from GitHub")
  include(FetchContent)
  set(Kokkos_ENABLE_OPENMP ON CACHE BOOL "OpenMP in the fetched Kokkos")
  set(Kokkos_ENABLE_SERIAL ON CACHE BOOL "Serial in the fetched Kokkos")
  FetchContent_Declare(Kokkos GIT_REPOSITORY https://github.com/kokkos/kokkos.git
    GIT_TAG ${KERNELGATE_KOKKOS_RELEASE} GIT_SHALLOW ON SYSTEM)
  FetchContent_MakeAvailable(Kokkos)
  set(KERNELGATE_KOKKOS_ORIGIN "fetched from GitHub, built here")
  kernelgate_read_kokkos_config("${kokkos_BINARY_DIR}/KokkosCore_config.h")
endmacro()

kernelgate_find_installed_kokkos()
if(NOT Kokkos_FOUND)
  foreach(root IN ITEMS "${KERNELGATE_KOKKOS_PREFIX}" "")
    if(NOT TARGET Kokkos::kokkos)
      kernelgate_use_debian_kokkos("${root}")
    endif()
  endforeach()
  if(NOT TARGET Kokkos::kokkos)
    kernelgate_fetch_kokkos()
  endif()
endif()
if(KERNELGATE_KOKKOS_VERSION VERSION_LESS 5)
  message(FATAL_ERROR "Kokkos: 5 or later is needed, this is ${KERNELGATE_KOKKOS_VERSION}")
endif()
message(STATUS "Kokkos: ${KERNELGATE_KOKKOS_VERSION} (${KERNELGATE_KOKKOS_BACKENDS}), "
  "${KERNELGATE_KOKKOS_ORIGIN}")

if(KERNELGATE_TESTS AND TARGET kernelgate_kokkoscore)
  include("${PROJECT_SOURCE_DIR}/cmake/kokkos_shim/tests.cmake")
endif()

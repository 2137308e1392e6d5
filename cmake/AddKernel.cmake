# add_kernel(<name> REFERENCE <src>… | CASE <type> [KOKKOS <src>…] [NATIVE <kernel>] [BASELINE <src>…]
#            [SOURCES <src>…] [TEST <src>…])
#
# Every source listed under REFERENCE, KOKKOS or BASELINE defines
#     void kernelgate::register_<file stem>(Registry&)
# The generated register_kernels() calls these functions in that order. CASE instead of REFERENCE is the type in
# <name>.hpp if that header also defines the reference: the unit that registers it is written here. NATIVE is the
# name of a native kernel: <kernel>_native.cpp contains its plan and defines register_<kernel>_native(Registry&).
# Its units for the host, CUDA and HIP are written by cmake/NativeUnits.cmake and compiled if this build has their
# compiler and executor. SOURCES are helpers that register nothing and use no backend. TEST sources make the
# program test_<name>, label `ci`. The files of a backend that this build leaves out are not compiled, so sources
# need no #if for backends. Tests include the generated <name>_units.hpp, which declares the registering
# functions, the instances for the source executor, and those of the seeded bugs (cmake/Mutants.cmake).

set_property(GLOBAL PROPERTY kernelgate_kernels "")
set_property(GLOBAL PROPERTY kernelgate_registrations "")
set_property(GLOBAL PROPERTY kernelgate_case_registrations "")
set_property(GLOBAL PROPERTY kernelgate_native_kernels "")

function(add_kernel kernel)
  set(roles REFERENCE KOKKOS NATIVE BASELINE SOURCES TEST)
  cmake_parse_arguments(K "" "CASE" "${roles}" ${ARGN})
  if(K_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "add_kernel(${kernel}): unknown arguments ${K_UNPARSED_ARGUMENTS}; "
                        "known are CASE ${roles}")
  endif()
  if(K_CASE)
    if(K_REFERENCE OR K_KOKKOS OR K_BASELINE OR K_SOURCES)
      # Its inline functions would also be compiled with the flags of fast code, and the linker takes either copy.
      message(FATAL_ERROR "add_kernel(${kernel}): CASE, a reference in ${kernel}.hpp, allows only NATIVE and "
                          "TEST; with other sources the reference needs a file of its own: REFERENCE")
    endif()
    write_case_unit(K_REFERENCE ${kernel} ${K_CASE})
  endif()
  if(NOT K_REFERENCE)
    message(FATAL_ERROR "add_kernel(${kernel}): a kernel needs a REFERENCE or a CASE")
  endif()
  if(NOT KERNELGATE_KOKKOS)  # the baselines use its threads and are compared with its variants
    set(K_KOKKOS "")
    set(K_BASELINE "")
  endif()
  if(NOT TARGET DNNL::dnnl)
    list(FILTER K_BASELINE EXCLUDE REGEX onednn)
  endif()
  if(NOT OPENBLAS_LIBRARY)
    list(FILTER K_BASELINE EXCLUDE REGEX openblas)
  endif()

  add_library(kernel_${kernel}_exact OBJECT ${K_REFERENCE})
  target_link_libraries(kernel_${kernel}_exact
    PRIVATE kernelgate_core kernelgate_exact kernelgate_warnings)
  add_library(kernel_${kernel} INTERFACE)
  target_link_libraries(kernel_${kernel} INTERFACE kernelgate_core)
  target_sources(kernel_${kernel} INTERFACE $<TARGET_OBJECTS:kernel_${kernel}_exact>)
  if(K_SOURCES)
    add_library(kernel_${kernel}_support OBJECT ${K_SOURCES})
    target_link_libraries(kernel_${kernel}_support
      PRIVATE kernelgate_core kernelgate_fast kernelgate_warnings OpenMP::OpenMP_CXX)
    target_sources(kernel_${kernel} INTERFACE $<TARGET_OBJECTS:kernel_${kernel}_support>)
  endif()
  if(K_KOKKOS OR K_BASELINE)
    add_library(kernel_${kernel}_fast OBJECT ${K_KOKKOS} ${K_BASELINE})
    target_link_libraries(kernel_${kernel}_fast
      PRIVATE kernelgate_core kernelgate_kokkos kernelgate_baselines kernelgate_fast
              kernelgate_warnings)
    target_link_libraries(kernel_${kernel} INTERFACE kernelgate_kokkos kernelgate_baselines)
    target_sources(kernel_${kernel} INTERFACE $<TARGET_OBJECTS:kernel_${kernel}_fast>)
  endif()

  foreach(native IN LISTS K_NATIVE)
    add_native_units(${kernel} ${native})
  endforeach()

  set_property(GLOBAL APPEND PROPERTY kernelgate_kernels ${kernel})
  foreach(source IN LISTS K_REFERENCE K_KOKKOS K_BASELINE)
    cmake_path(GET source STEM stem)
    set_property(GLOBAL APPEND PROPERTY kernelgate_registrations ${stem})
    if(source IN_LIST K_REFERENCE)
      set_property(GLOBAL APPEND PROPERTY kernelgate_case_registrations ${stem})
    endif()
    declare_for_tests("void register_${stem}(Registry& registry)")
  endforeach()

  if(KERNELGATE_TESTS AND K_TEST)
    add_test_program(test_${kernel} ${K_TEST} PREFIX "${kernel}." LIBRARIES kernelgate_kernels)
    include_unit_declarations(test_${kernel})
  endif()
endfunction()

# Writes the unit <kernel>_reference.cpp, which registers the case type whose header also defines the reference.
function(write_case_unit variable kernel type)
  write_unit(unit ${kernel}_reference.cpp
"#include \"kernels/${kernel}/${kernel}.hpp\"

namespace kernelgate {
void register_${kernel}_reference(Registry& registry) {
  registry.add_kernel<${type}>(${type}::formula);
}
}  // namespace kernelgate
")
  set(${variable} ${unit} PARENT_SCOPE)
endfunction()

# Adds the plan of a native kernel and its units, the host's checked and plain (cmake/SourceUnits.cmake).
function(add_native_units kernel native)
  write_native_units(${native})
  add_library(native_${native} OBJECT ${native}_native.cpp)
  target_link_libraries(native_${native}
    PRIVATE kernelgate_core kernelgate_exact kernelgate_warnings)
  add_source_units(native_${native} ${host_unit})
  target_link_libraries(kernel_${kernel} INTERFACE kernelgate_executors)
  target_sources(kernel_${kernel} INTERFACE $<TARGET_OBJECTS:native_${native}>
    $<TARGET_OBJECTS:native_${native}_source> $<TARGET_OBJECTS:native_${native}_plain>)
  if(KERNELGATE_CUDA)
    add_cuda_unit(native_${native} ${cuda_unit})
    target_link_libraries(kernel_${kernel} INTERFACE native_${native}_cuda)
  endif()
  if(KERNELGATE_HIP)
    add_hip_unit(native_${native} ${hip_unit})
    target_link_libraries(kernel_${kernel} INTERFACE native_${native}_hip)
  endif()
  set_property(GLOBAL APPEND PROPERTY kernelgate_native_kernels "${kernel}:${native}")
  declare_for_tests("void register_${native}_native(Registry& registry)"
    "NativeEntries ${native}_source_entries()" "NativeEntries ${native}_plain_entries()")
endfunction()

# add_kernel_folders(<folder> [ONLY <name>…]): adds every <folder>/*/CMakeLists.txt, or the given ones. Kernel
# folders outside the checkout are linked beside the program, the second place where it looks for case lists.
function(add_kernel_folders folder)
  cmake_parse_arguments(F "" "" "ONLY" ${ARGN})
  file(GLOB lists CONFIGURE_DEPENDS ${folder}/*/CMakeLists.txt)
  foreach(list IN LISTS lists)
    cmake_path(GET list PARENT_PATH kernel)
    cmake_path(GET kernel FILENAME name)
    if(F_ONLY AND NOT name IN_LIST F_ONLY)
      continue()
    endif()
    if(folder STREQUAL "${PROJECT_SOURCE_DIR}/kernels")
      add_subdirectory(${kernel})
      continue()
    endif()
    cmake_path(GET folder PARENT_PATH kernelgate_root)
    include_directories(${kernelgate_root})
    add_subdirectory(${kernel} ${PROJECT_BINARY_DIR}/extra_kernels/${name})
    file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/kernels)
    file(CREATE_LINK ${kernel} ${PROJECT_BINARY_DIR}/kernels/${name} SYMBOLIC)
  endforeach()
endfunction()

# Writes and compiles <function>(Registry&), which calls register_<stem>() for every stem and registers
# the instances of every native kernel ("<kernel>:<native>") before its plan.
function(write_registration function stems natives)
  set(declarations "")
  set(calls "")
  foreach(stem IN LISTS stems)
    string(APPEND declarations "void register_${stem}(Registry& registry);\n")
    string(APPEND calls "  register_${stem}(registry);\n")
  endforeach()
  foreach(pair IN LISTS natives)
    string(REGEX REPLACE ":.*" "" kernel ${pair})
    string(REGEX REPLACE ".*:" "" native ${pair})
    string(APPEND declarations "NativeEntries ${native}_source_entries();\n"
      "NativeEntries ${native}_plain_entries();\n"
      "void register_${native}_native(Registry& registry);\n")
    string(APPEND calls
      "  registry.add_entries(\"${kernel}\", Backend::source, ${native}_source_entries());\n"
      "  registry.add_entries(\"${kernel}\", Backend::source, ${native}_plain_entries(),\n"
      "                       SourceBuildMode::plain);\n")
    foreach(backend IN ITEMS cuda hip)
      string(TOUPPER ${backend} upper)
      if(KERNELGATE_${upper})
        string(APPEND declarations "NativeEntries ${native}_${backend}_entries();\n")
        string(APPEND calls
          "  registry.add_entries(\"${kernel}\", Backend::${backend}, ${native}_${backend}_entries());\n")
      endif()
    endforeach()
    string(APPEND calls "  register_${native}_native(registry);\n")
  endforeach()
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/${function}.cpp @ONLY CONTENT
"// Generated by cmake/AddKernel.cmake from the add_kernel() calls.
#include \"harness/core/registry.hpp\"

namespace kernelgate {
@declarations@
void @function@(Registry& registry) {
@calls@}
}  // namespace kernelgate
")
  add_library(kernelgate_${function} OBJECT ${PROJECT_BINARY_DIR}/generated/${function}.cpp)
  target_link_libraries(kernelgate_${function} PRIVATE kernelgate_core)
endfunction()

# Makes kernelgate_kernels, the library of all kernels, with register_kernels(), and kernelgate_cases, the
# library of the references, with register_cases(): every case type without variants and backends.
function(finish_kernels)
  get_property(kernels GLOBAL PROPERTY kernelgate_kernels)
  get_property(stems GLOBAL PROPERTY kernelgate_registrations)
  get_property(case_stems GLOBAL PROPERTY kernelgate_case_registrations)
  get_property(natives GLOBAL PROPERTY kernelgate_native_kernels)
  write_registration(register_kernels "${stems}" "${natives}")
  write_registration(register_cases "${case_stems}" "")
  write_unit_declarations()
  add_library(kernelgate_kernels INTERFACE)
  target_sources(kernelgate_kernels INTERFACE $<TARGET_OBJECTS:kernelgate_register_kernels>)
  target_link_libraries(kernelgate_kernels INTERFACE kernelgate_core)
  add_library(kernelgate_cases INTERFACE)
  target_sources(kernelgate_cases INTERFACE $<TARGET_OBJECTS:kernelgate_register_cases>)
  target_link_libraries(kernelgate_cases INTERFACE kernelgate_core OpenMP::OpenMP_CXX)
  foreach(kernel IN LISTS kernels)
    target_link_libraries(kernelgate_kernels INTERFACE kernel_${kernel})
    target_sources(kernelgate_cases INTERFACE $<TARGET_OBJECTS:kernel_${kernel}_exact>)
    if(TARGET kernel_${kernel}_support)
      target_sources(kernelgate_cases INTERFACE $<TARGET_OBJECTS:kernel_${kernel}_support>)
    endif()
  endforeach()
endfunction()

# Writes the units of native kernels: each compiler gets a source of three lines that includes the kernel's table
# of instances, <kernel>_entries.hpp, or <kernel>_kernel.hpp where the table is in that header. They lie in
# <build>/generated/kernels/<kernel>/ under the names <kernel>_host.cpp, <kernel>_cuda.cu and <kernel>_hip.hip, and
# are rewritten only if their text changes.

# The folder that contains the folder `kernels`, so the include path of "kernels/<kernel>/...". For kernels outside
# the checkout add_kernel_folders() sets it to another one.
set(kernelgate_root ${PROJECT_SOURCE_DIR})

# write_unit(<variable> <file> <text>): writes a generated file of the kernel in the current folder and sets the
# variable to its path.
function(write_unit variable file text)
  cmake_path(RELATIVE_PATH CMAKE_CURRENT_SOURCE_DIR BASE_DIRECTORY ${kernelgate_root} OUTPUT_VARIABLE folder)
  set(path ${PROJECT_BINARY_DIR}/generated/${folder}/${file})
  file(CONFIGURE OUTPUT ${path} @ONLY CONTENT "// Written by CMake (cmake/NativeUnits.cmake).\n${text}")
  set(${variable} ${path} PARENT_SCOPE)
endfunction()

# Sets <variable> to the header with the table of instances of a native kernel in the current folder, as included.
function(entries_header variable native)
  cmake_path(RELATIVE_PATH CMAKE_CURRENT_SOURCE_DIR BASE_DIRECTORY ${kernelgate_root} OUTPUT_VARIABLE folder)
  foreach(noun IN ITEMS entries kernel)
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${native}_${noun}.hpp)
      set(${variable} ${folder}/${native}_${noun}.hpp PARENT_SCOPE)
      return()
    endif()
  endforeach()
  message(FATAL_ERROR "native kernel ${native}: no ${native}_entries.hpp and no ${native}_kernel.hpp in "
                      "${CMAKE_CURRENT_SOURCE_DIR}")
endfunction()

# write_host_unit(<variable> <native>): writes the host's unit alone, for native kernels that only tests use, and sets
# the variable to its path.
function(write_host_unit variable native)
  entries_header(header ${native})
  write_unit(unit ${native}_host.cpp "#include \"${header}\"\n\nK_HOST_ENTRIES(${native})\n")
  set(${variable} ${unit} PARENT_SCOPE)
endfunction()

# write_native_units(<native>): writes the three units, sets host_unit, cuda_unit and hip_unit, and notes the last
# two for the device-compile jobs (cmake/DeviceLanes.cmake).
function(write_native_units native)
  entries_header(header ${native})
  write_host_unit(unit ${native})
  set(host_unit ${unit} PARENT_SCOPE)
  foreach(language ending IN ZIP_LISTS kernelgate_device_languages kernelgate_device_endings)
    write_unit(unit ${native}_${language}.${ending}
"#include \"${header}\"

namespace kernelgate {
NativeEntries ${native}_${language}_entries() { return ${native}_entries(); }
}  // namespace kernelgate
")
    set(${language}_unit ${unit} PARENT_SCOPE)
    set_property(GLOBAL APPEND PROPERTY kernelgate_${language}_units ${unit})
    set_property(GLOBAL PROPERTY kernelgate_root_of_${unit} ${kernelgate_root})
  endforeach()
endfunction()
set(kernelgate_device_languages cuda hip)
set(kernelgate_device_endings cu hip)

# declare_for_tests(<declaration>…): adds declarations to <folder>_units.hpp of the kernel in the current folder.
function(declare_for_tests)
  cmake_path(GET CMAKE_CURRENT_SOURCE_DIR FILENAME kernel)
  foreach(declaration IN LISTS ARGN)
    set_property(GLOBAL APPEND_STRING PROPERTY kernelgate_declarations_${kernel} "${declaration};\n")
  endforeach()
  set_property(GLOBAL APPEND PROPERTY kernelgate_declared ${kernel})
endfunction()

# Lets a test program include "kernels/<kernel>/<kernel>_units.hpp".
function(include_unit_declarations program)
  target_include_directories(${program} PRIVATE ${PROJECT_BINARY_DIR}/generated)
endfunction()

# Writes <kernel>_units.hpp of every kernel, after the last declaration.
function(write_unit_declarations)
  get_property(kernels GLOBAL PROPERTY kernelgate_declared)
  list(REMOVE_DUPLICATES kernels)
  foreach(kernel IN LISTS kernels)
    get_property(declarations GLOBAL PROPERTY kernelgate_declarations_${kernel})
    file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/kernels/${kernel}/${kernel}_units.hpp @ONLY CONTENT
"// Written by CMake (cmake/NativeUnits.cmake).
#pragma once

#include \"harness/core/registry.hpp\"

namespace kernelgate {
${declarations}}  // namespace kernelgate
")
  endforeach()
endfunction()

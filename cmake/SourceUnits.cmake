# Units of native kernels for the source executor. Each is compiled twice:
#   checked  reports every access (-fsanitize=thread without its runtime) and undefined arithmetic
#   plain    -O2, reports nothing, for large inputs
# Both without contraction, so that they compute the same bits.

add_library(kernelgate_source_flags INTERFACE)
target_include_directories(kernelgate_source_flags BEFORE INTERFACE
  "${PROJECT_SOURCE_DIR}/kernels/common/dialect/host" "${PROJECT_SOURCE_DIR}")
# A frame larger than the guard page below a fiber's stack must touch that page instead of skipping it.
target_compile_options(kernelgate_source_flags INTERFACE -ffp-contract=off -fstack-clash-protection)

add_library(kernelgate_source_checked INTERFACE)
target_link_libraries(kernelgate_source_checked INTERFACE kernelgate_source_flags)
target_compile_definitions(kernelgate_source_checked INTERFACE KG_BUILD_MODE=source)
target_compile_options(kernelgate_source_checked INTERFACE
  -fno-sanitize=all -O1 -g -fno-tree-vectorize -fsanitize=thread
  $<$<CXX_COMPILER_ID:GNU>:--param=tsan-instrument-func-entry-exit=0>
  "$<$<CXX_COMPILER_ID:Clang>:SHELL:-fno-slp-vectorize -mllvm -tsan-instrument-func-entry-exit=0 -mllvm -tsan-instrument-read-before-write=1>"
  -fsanitize=bounds,shift,signed-integer-overflow -fsanitize-recover=bounds,shift,signed-integer-overflow
  -fno-builtin-memcpy -fno-builtin-memset -fno-builtin-memmove
  "SHELL:-include \"${PROJECT_SOURCE_DIR}/harness/executors/source/prelude.hpp\"")

add_library(kernelgate_source_plain INTERFACE)
target_link_libraries(kernelgate_source_plain INTERFACE kernelgate_source_flags)
target_compile_definitions(kernelgate_source_plain INTERFACE KG_BUILD_MODE=plain)
target_compile_options(kernelgate_source_plain INTERFACE -fno-sanitize=all -O2)

# add_source_units(<name> <file>…): adds the object libraries <name>_source and <name>_plain.
function(add_source_units name)
  foreach(build_mode IN ITEMS source plain)
    add_library(${name}_${build_mode} OBJECT ${ARGN})
    target_link_libraries(${name}_${build_mode} PRIVATE kernelgate_warnings)
  endforeach()
  target_link_libraries(${name}_source PRIVATE kernelgate_source_checked)
  target_link_libraries(${name}_plain PRIVATE kernelgate_source_plain)
  set_target_properties(${name}_source PROPERTIES INTERPROCEDURAL_OPTIMIZATION OFF)
  set_property(GLOBAL APPEND PROPERTY kernelgate_source_units ${name})
endfunction()

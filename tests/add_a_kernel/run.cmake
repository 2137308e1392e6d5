# Follows docs/add-a-kernel.md as a new user would: writes the page's files, builds the kernel against
# the libraries of this build, runs its test and its check. Does not change the checkout.
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE text ERROR_VARIABLE text)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "failed (${code}): ${ARGN}\n${text}")
  endif()
  set(text "${text}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE "${WORK}/kernels")
run(${CMAKE_COMMAND} -DPAGE=${SOURCE}/docs/add-a-kernel.md
    -DFOLDER=${WORK}/kernels/scale_rows -P ${SOURCE}/tests/add_a_kernel/extract.cmake)
# A kernel has to stay cheap to add: the page's files and lines are limited, and the page states their number.
file(GLOB_RECURSE files ${WORK}/kernels/scale_rows/*)
list(LENGTH files file_count)
set(line_count 0)
foreach(file IN LISTS files)
  file(READ ${file} text)
  string(REGEX REPLACE "[^\n]" "" newlines "${text}")
  string(LENGTH "${newlines}" lines)
  math(EXPR line_count "${line_count} + ${lines}")
endforeach()
file(READ ${SOURCE}/docs/add-a-kernel.md page)
if(file_count GREATER 6 OR line_count GREATER 150 OR NOT page MATCHES "in ${line_count} lines")
  message(FATAL_ERROR "docs/add-a-kernel.md: ${file_count} files, ${line_count} lines; at most 6 and 150, "
                      "and the page has to state the lines")
endif()
# If the libraries of that build cannot be used, the harness is compiled again.
set(harness -DKERNELGATE_KERNELS=none)
if(EXISTS ${BUILD}/kernelgate-build.cmake)
  set(harness -DKERNELGATE_FROM_BUILD=${BUILD})
endif()
run(${CMAKE_COMMAND} -S ${SOURCE} -B ${WORK}/build -G Ninja -DCMAKE_BUILD_TYPE=Debug
    ${harness} -DKERNELGATE_TESTS=ON -DKERNELGATE_EXTRA_KERNELS=${WORK}/kernels
    -DKERNELGATE_KOKKOS_PREFIX=${KOKKOS_PREFIX})
run(${CMAKE_COMMAND} --build ${WORK}/build --target kernelgate test_scale_rows --parallel 2)
set(ENV{OMP_PROC_BIND} false)
run(${WORK}/build/test_scale_rows)
set(ENV{KERNELGATE_ROOT} ${SOURCE})
run(${WORK}/build/kernelgate check --kernel scale_rows --suite smoke --backend source)
message(STATUS "${text}")
if(NOT text MATCHES "scale_rows")
  message(FATAL_ERROR "check named no scale_rows:\n${text}")
endif()

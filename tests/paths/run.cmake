# Copies the checkout to a path with a space, configures it there and builds one object per kind of compiler command
# that this project defines itself. A second build must have nothing to do: a wrong object name in a dependency file
# would cause a rebuild.
#   cmake -D SOURCE=<checkout> -D WORK=<folder> -D KOKKOS_PREFIX=<folder> -D DEVICE=<object>,… -P run.cmake
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE text ERROR_VARIABLE text)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "failed (${code}): ${ARGN}\n${text}")
  endif()
  set(text "${text}" PARENT_SCOPE)
endfunction()

set(copy "${WORK}/a path with a space")
file(REMOVE_RECURSE "${copy}")
foreach(entry IN ITEMS CMakeLists.txt cmake ci docs harness kernels reference results suites tests README.md LICENSE)
  file(COPY "${SOURCE}/${entry}" DESTINATION "${copy}")
endforeach()
run("${CMAKE_COMMAND}" -S "${copy}" -B "${copy}/build" -G Ninja -DCMAKE_BUILD_TYPE=Release
    "-DKERNELGATE_KOKKOS_PREFIX=${KOKKOS_PREFIX}")
string(REPLACE "," ";" targets "${DEVICE}")
list(APPEND targets native_token_bitmask_source native_token_bitmask_plain)
run("${CMAKE_COMMAND}" --build "${copy}/build" --parallel 2 --target ${targets})
run("${CMAKE_COMMAND}" --build "${copy}/build" --target ${targets})
if(text MATCHES "Building|token_bitmask for")
  message(FATAL_ERROR "the second build did something:\n${text}")
endif()
file(REMOVE_RECURSE "${copy}")

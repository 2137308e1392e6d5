# Runs fit_to_host on libraries that it must accept, adapt and reject.
# cmake -D TOOL=… -D LIBRARY=… -D SYMBOLS=a;b;c -D FOLDER=… -P fit_to_host_test.cmake

file(REMOVE_RECURSE "${FOLDER}")
file(MAKE_DIRECTORY "${FOLDER}")
set(copy "${FOLDER}/copy")

function(expect what code pattern)
  file(REMOVE "${copy}")
  execute_process(COMMAND "${TOOL}" ${ARGN} RESULT_VARIABLE got OUTPUT_VARIABLE out ERROR_VARIABLE err)
  if(NOT got STREQUAL code OR NOT "${out}${err}" MATCHES "${pattern}")
    message(FATAL_ERROR
      "${what}: expected exit code ${code} and '${pattern}', got ${got} and '${out}${err}'")
  endif()
  if(code EQUAL 10 AND NOT EXISTS "${copy}")
    message(FATAL_ERROR "${what}: no copy was written")
  elseif(NOT code EQUAL 10 AND EXISTS "${copy}")
    message(FATAL_ERROR "${what}: a copy was written though none was due")
  endif()
endfunction()

expect("the library and the whole shim" 10 "GLIBC" "${LIBRARY}" "${copy}" ${SYMBOLS})
file(COPY_FILE "${copy}" "${FOLDER}/fitted")
expect("a fitted copy needs no more fitting" 0 "^$" "${FOLDER}/fitted" "${copy}")

# Every symbol of the shim is needed, and the error message lists the missing one.
foreach(symbol IN LISTS SYMBOLS)
  set(others ${SYMBOLS})
  list(REMOVE_ITEM others ${symbol})
  expect("a shim without ${symbol}" 1 "neither this host nor the shim has:\n  ${symbol} "
    "${LIBRARY}" "${copy}" ${others})
endforeach()

expect("a file that does not exist" 1 "cannot be read" "${FOLDER}/nothing" "${copy}")
expect("a text" 1 "not a 64-bit ELF file" "${CMAKE_CURRENT_LIST_FILE}" "${copy}")
expect("too few arguments" 1 "usage:" "${LIBRARY}")

# A truncated file is rejected, because the section headers are at its end.
file(SIZE "${LIBRARY}" size)
foreach(part RANGE 0 15)
  math(EXPR kept "${size} * ${part} / 16")
  execute_process(COMMAND head -c ${kept} "${LIBRARY}" OUTPUT_FILE "${FOLDER}/cut")
  expect("the first ${kept} bytes" 1 "cut short|cannot be read" "${FOLDER}/cut" "${copy}"
    ${SYMBOLS})
endforeach()

# Runs the gate as a CI job does: open, closed by a wrong kernel, open again by a row of known failures,
# closed by an outdated row; the wrong device; names that do not exist.
#   cmake -DPROGRAM=<kernelgate> -DSOURCE=<checkout> -DCC=<compiler> -DWORK=<folder> -P run.cmake
file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})

# expect(<exit code> <text that the output must contain> <arguments>...)
function(expect code text)
  execute_process(COMMAND ${PROGRAM} gate ${ARGN} WORKING_DIRECTORY ${WORK}
    RESULT_VARIABLE got OUTPUT_VARIABLE output ERROR_VARIABLE error)
  string(FIND "${output}${error}" "${text}" at)
  if(NOT got EQUAL code OR at EQUAL -1)
    message(FATAL_ERROR "gate ${ARGN}: exit code ${got}, expected ${code} and '${text}'\n${output}${error}")
  endif()
endfunction()

execute_process(COMMAND ${CC} -shared -fPIC -O2 -I${SOURCE}/harness/plugin ${SOURCE}/tests/plugin/mine.c
  -o ${WORK}/libmine.so COMMAND_ERROR_IS_FATAL ANY)
set(wrong --plugin libmine.so --arch cpu --junit gate.xml)
expect(1 "FAILED       correctness" ${wrong})
file(READ ${WORK}/gate.xml junit)
if(NOT junit MATCHES "classname=\"gate\" name=\"correctness\">\n *<failure" OR
   NOT junit MATCHES "name=\"timing\">\n *<skipped message=\"not run: no baseline build")
  message(FATAL_ERROR "gate.xml names no failed part, or no part that was not run:\n${junit}")
endif()

set(header "case,arch,toolchain,reason,expires\n")
set(list ${WORK}/known.csv)
file(WRITE ${list} "${header}linear/plugin/short/*,cpu,*,one term too few,2999-12-31
linear/plugin/failing/*,c?u,*,no device,2999-12-31\n")
expect(0 "failed as expected" ${wrong} --known-failures ${list})
file(READ ${WORK}/gate.xml junit)
if(junit MATCHES "<failure" OR NOT junit MATCHES "expected until 2999-12-31: one term too few")
  message(FATAL_ERROR "gate.xml does not skip the expected failures with their reason:\n${junit}")
endif()
file(WRITE ${list} "${header}bias_balance/kokkos/*,cpu,*,long mended,2999-12-31\n")
expect(1 "please remove it from the list" --arch cpu --known-failures ${list})
file(WRITE ${list} "${header}bias_balance/kokkos/*,cpu,*,long mended,2001-12-31\n")
expect(1 "was accepted until 2001-12-31" --arch cpu --known-failures ${list})
file(WRITE ${list} "${header}bias_balance/*,cpu,*,when?,soon\n")
expect(2 "known.csv:2: column expires: got 'soon'" --arch cpu --known-failures ${list})

expect(2 "--arch gfx999: unknown, expected one of: cpu" --arch gfx999)
expect(2 "no_such_suite" --arch cpu --suite no_such_suite)
execute_process(COMMAND ${PROGRAM} devices --backend hip RESULT_VARIABLE no_gpu OUTPUT_QUIET ERROR_QUIET)
if(no_gpu)
  expect(6 "INVALID      correctness" --arch gfx942 --require-device)
endif()

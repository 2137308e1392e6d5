# Builds the plugin of docs/plugin.md outside the source tree, as a user would, and checks it.
#   cmake -DPROGRAM=<kernelgate> -DSOURCE=<checkout> -DCC=<compiler> -DWORK=<folder> -P run.cmake
file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})

function(build library)
  execute_process(COMMAND ${CC} -shared -fPIC -O2 -Wall -Wextra -Werror -I${SOURCE}/harness/plugin ${ARGN}
    -o ${WORK}/${library} RESULT_VARIABLE code ERROR_VARIABLE error)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "${CC}: ${error}")
  endif()
endfunction()

# expect(<exit code> <text that the output must contain> <arguments>...)
function(expect code text)
  execute_process(COMMAND ${PROGRAM} check ${ARGN} WORKING_DIRECTORY ${WORK}
    RESULT_VARIABLE got OUTPUT_VARIABLE output ERROR_VARIABLE error)
  string(FIND "${output}${error}" "${text}" at)
  if(NOT got EQUAL code OR at EQUAL -1)
    message(FATAL_ERROR "check ${ARGN}: exit code ${got}, expected ${code} and '${text}'\n${output}${error}")
  endif()
endfunction()

build(libmine.so ${SOURCE}/tests/plugin/mine.c)
set(shapes --case linear/tokens=5,out=17,in=65,f32 --case linear/tokens=1,out=33,in=7,bf16)
expect(0 "plugin/loops" --plugin libmine.so ${shapes} --variant plugin/loops)
expect(0 "takes f32 alone" --plugin libmine.so ${shapes} --variant plugin/loops -v)
expect(1 "incorrect    linear/plugin/short/" --plugin libmine.so ${shapes} --variant plugin/short)
expect(1 " check --plugin libmine.so --case linear/plugin/short/" --plugin libmine.so ${shapes}
  --variant plugin/short)
expect(1 "no memory on the device" --plugin libmine.so ${shapes} --variant plugin/failing)
# A misspelt name next to a correct one would silently leave its variant out.
expect(2 "--variant plugin/lops: this build has no such variant; there are reference, " --plugin libmine.so
  ${shapes} --variant plugin/loops --variant plugin/lops)
expect(2 "--variant plugin/loops: router has no such variant" --plugin libmine.so --suite smoke --kernel router
  --variant plugin/loops)

expect(2 "plugin nowhere.so: cannot be loaded" --plugin nowhere.so ${shapes})
file(WRITE ${WORK}/text.so "not a library")
expect(2 "plugin text.so: cannot be loaded" --plugin text.so ${shapes})
file(WRITE ${WORK}/empty.c "int nothing;\n")
build(empty.so ${WORK}/empty.c)
expect(2 "has no function kernelgate_plugin()" --plugin empty.so ${shapes})
file(WRITE ${WORK}/newer.c "#include \"kernelgate_plugin.h\"
const kg_plugin* kernelgate_plugin(void) { static const kg_plugin p = {99, 0, 0}; return &p; }\n")
build(newer.so ${WORK}/newer.c)
expect(2 "was built for ABI 99" --plugin newer.so ${shapes})
file(WRITE ${WORK}/unknown.c "#include \"kernelgate_plugin.h\"
static const char* run(const kg_case* c, void* p) { (void)c, (void)p; return 0; }
static const kg_variant v = {\"no_kernel\", \"x\", 0, 0, 0, run, 0};
const kg_plugin* kernelgate_plugin(void) { static const kg_plugin p = {1, 1, &v}; return &p; }\n")
build(unknown.so ${WORK}/unknown.c)
expect(2 "plugin unknown.so: variant x: unknown kernel 'no_kernel'; this build has:" --plugin unknown.so ${shapes})

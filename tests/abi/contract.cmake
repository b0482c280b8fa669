# bus-plugin-check over every plugin of the tree, the steps of the SDK's page, and plugins that are as they should not be.
if(BUS_SANITIZE)
  return()  # a plugin with a sanitizer wants its runtime in the host, and here the host is bus-plugin-check
endif()

# Settings that a machine needs to look as any other does.
set(check_docker SET host=unix:///nonexistent/docker.sock)
foreach(wing sources sinks)
  file(GLOB samples CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${wing}/*/sample.toml)
  foreach(sample ${samples})
    get_filename_component(folder ${sample} DIRECTORY)
    get_filename_component(name ${folder} NAME)
    if(wing STREQUAL "sinks" AND EXISTS ${CMAKE_SOURCE_DIR}/sources/${name})
      set(name ${name}_sink)
    endif()
    set(cases)
    if(EXISTS ${folder}/contract)
      set(cases CASES ${folder}/contract)
    endif()
    if(TARGET ${name})
      bus_check_plugin(${name} SAMPLE ${sample} ${cases} ${check_${name}})
    endif()
  endforeach()
endforeach()

# Each step is a whole plugin called weather.
set(steps ${CMAKE_SOURCE_DIR}/plugins-sdk/examples/steps)
foreach(step 1_timer 2_webhook 3_state 4_metrics)
  bus_add_plugin(step_${step} SOURCES ${steps}/${step}/weather.cpp)
  target_link_libraries(step_${step} PRIVATE bus_compile)
  set_target_properties(step_${step} PROPERTIES
    OUTPUT_NAME weather LIBRARY_OUTPUT_DIRECTORY ${BUS_TEST_PLUGINS}/${step})
  bus_check_plugin(step_${step} SAMPLE ${steps}/${step}/sample.toml CASES ${steps}/${step}/testcases)
endforeach()

# Every plugin that was right in ABI 1.0 is right.
bus_check_plugin(v1_cpp_sink SET path=/dev/null)

# What is wrong is found: the check fails, and says so.
function(bus_check_finds name finding plugin)
  add_test(NAME check_finds_${name}
    COMMAND bus::plugin-check $<TARGET_FILE:${plugin}> --patience 5 ${ARGN})
  set_tests_properties(check_finds_${name} PROPERTIES LABELS contract PASS_REGULAR_EXPRESSION "failed  ${finding}")
endfunction()
bus_check_finds(another_abi "load.*built for plugin ABI 2" abi_two)
bus_check_finds(a_small_descriptor "load.*too small" too_small)
bus_check_finds(no_plugin "load.*does not export" no_symbol)
bus_check_finds(an_emit_from_destroy "nothing is emitted after stop.*after stop had returned" c_source)
bus_check_finds(a_stop_that_hangs "stop: without start.*did not come back" hanging --only stop:)
bus_check_finds(an_option_of_the_host "descriptor.*option batch has the name of a setting" swallowed --only descriptor)
bus_check_finds(a_default_of_another_type "descriptor.*default of option often" careless --only descriptor)
foreach(row
    "throws_in_start|.*an exception came out of: start"
    "throws_in_a_request|.*an exception came out of: a request"
    "crashes|.*it crashed .Aborted., while: a request"
    "ends_the_process|.*it ended the process"
    "fails_in_silence|.*without saying why"
    "answers_nonsense|.*77, which is no bus_code"
    "opens_in_create|create touches nothing.*opened a descriptor"
    "leaks|nothing is left after destroy.*descriptors are left"
    "hides_a_refusal|.*told that all is well"
    "emits_twice|four senders at a time.*the same event twice"
    "emits_an_unnamed_type|.*does not name that type"
    "emits_no_json|.*data is no JSON")
  string(REPLACE "|" ";" row ${row})
  list(POP_FRONT row how finding)
  bus_check_finds(${how} ${finding} careless --set how=${how})
endforeach()

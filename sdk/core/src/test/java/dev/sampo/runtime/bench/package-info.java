/** JMH benchmarks of the runtime. Each class says how to run it. */
@NullMarked
package dev.sampo.runtime.bench;

import org.jspecify.annotations.NullMarked;

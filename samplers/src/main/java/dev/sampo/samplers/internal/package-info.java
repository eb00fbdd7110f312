/**
 * Shared by the packages of this module, not exported.
 */
@NullMarked
package dev.sampo.samplers.internal;

import org.jspecify.annotations.NullMarked;

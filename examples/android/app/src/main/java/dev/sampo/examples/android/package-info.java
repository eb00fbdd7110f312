/**
 * An Android app with three screens: text that streams, digits that are drawn, fine-tuning on the phone. {@link
 * dev.sampo.examples.android.MainActivity} is the entry; each screen is a view without logic and a presenter without Android, so that
 * presenters are tested on any JVM.
 */
@NullMarked
package dev.sampo.examples.android;

import org.jspecify.annotations.NullMarked;

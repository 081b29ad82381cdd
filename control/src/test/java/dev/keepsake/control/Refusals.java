package dev.keepsake.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/// Assertions about calls that are refused.
final class Refusals {
    private Refusals() {}

    /// The call is answered with that fault, and the message has all of the texts in it.
    static void assertRefused(Fault fault, ThrowingCallable call, String... texts) {
        assertThatExceptionOfType(ApiException.class)
                .isThrownBy(call)
                .satisfies(e -> {
                    assertThat(e.fault()).isEqualTo(fault);
                    for (String text : texts) {
                        assertThat(e).hasMessageContaining(text);
                    }
                });
    }
}

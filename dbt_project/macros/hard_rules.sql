{#
    What a raw row must not be, per raw table: {reason: condition}. A row that meets a condition goes
    to `silver.rejects` with the reason, the first that applies, and Silver keeps the newest version
    of the key that meets none. What only looks odd is a test's business, not a rule's.
    A rule that changed needs `--full-refresh`: rows that were judged already are not read again.
#}
{% macro hard_rules(source_name=none, table=none) %}
    {%- set unreadable = {
        'created_outside_calendar': not_within_calendar('created', 'seconds'),
        'currency_unreadable': 'length(currency) != 3',
    } -%}
    {%- set rules = {
        'payments': {
            'events': {'created_outside_calendar': not_within_calendar('created', 'seconds')},
            'customers': {'created_outside_calendar': not_within_calendar('created', 'seconds')},
            'payment_intents': dict(unreadable, amount_below_zero='amount < 0'),
            'charges': dict(
                unreadable,
                amount_below_zero='amount < 0',
                refunded_outside_amount='amount_refunded not between 0 and amount',
                captured_outside_amount='amount_captured not between 0 and amount',
            ),
            'invoices': unreadable,
            'invoice_payments': dict(unreadable, amount_below_zero='amount_requested < 0'),
            'refunds': dict(unreadable, amount_below_zero='amount < 0'),
            'disputes': dict(unreadable, amount_below_zero='amount < 0'),
            'payouts': unreadable,
            'balance_transactions': unreadable,
        },
        'zephyr': {
            'projects': {'id_not_positive': 'id <= 0'},
            'releases': {'id_not_positive': 'id <= 0 or projectId <= 0'},
            'cycles': {'id_not_positive': 'id <= 0 or releaseId <= 0'},
            'cycle_phases': {'id_not_positive': 'id <= 0 or cycleId <= 0'},
            'executions': {'id_not_positive': 'id <= 0 or cyclePhaseId <= 0'},
            'test_cases': {'id_not_positive': 'id <= 0'},
        },
    } -%}
    {{- return(rules if source_name is none else rules[source_name][table]) -}}
{% endmacro %}


{# The first hard rule that a raw row breaks; null when it breaks none. What is null breaks none. #}
{% macro broken_hard_rule(source_name, table) -%}
    case
        {%- for reason, condition in hard_rules(source_name, table).items() %}
        when {{ condition }} then '{{ reason }}'
        {%- endfor %}
    end
{%- endmacro %}

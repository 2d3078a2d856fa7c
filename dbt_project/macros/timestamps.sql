{#
    Timestamps are without a zone and in UTC: they read the same in every session. A number that is
    no instant of the years 1 to 9999 gives null: a wrong unit must not stop a build.
#}

{# Whether a number of seconds or milliseconds since 1970 is outside the years 1 to 9999. #}
{% macro not_within_calendar(column, unit) -%}
    {%- set factor = {'seconds': 1, 'milliseconds': 1000}[unit] -%}
    {{ column }} not between {{ -62135596800 * factor }} and {{ 253402300799 * factor }}
{%- endmacro %}


{% macro from_epoch_seconds(column) -%}
    {{ adapter.dispatch('from_epoch_seconds')(column) }}
{%- endmacro %}


{% macro default__from_epoch_seconds(column) -%}
    timestamp_seconds({{ column }})
{%- endmacro %}


{% macro duckdb__from_epoch_seconds(column) -%}
    case
        when not ({{ not_within_calendar(column, 'seconds') }})
            then make_timestamp({{ column }} * 1000000)
    end
{%- endmacro %}


{% macro from_epoch_milliseconds(column) -%}
    {{ adapter.dispatch('from_epoch_milliseconds')(column) }}
{%- endmacro %}


{% macro default__from_epoch_milliseconds(column) -%}
    timestamp_millis({{ column }})
{%- endmacro %}


{% macro duckdb__from_epoch_milliseconds(column) -%}
    case
        when not ({{ not_within_calendar(column, 'milliseconds') }})
            then make_timestamp({{ column }} * 1000)
    end
{%- endmacro %}


{#
    The planned day that an instant stands for: midnight in the zone of whoever serves it, which the
    answer does not name. It is the nearest midnight in UTC from 11 hours behind it to 12 ahead.
#}
{% macro planned_day(column) -%}
    cast({{ from_epoch_milliseconds(column) }} + interval '12' hour as date)
{%- endmacro %}


{# An instant with a zone (the loader's `_extracted_at`) as UTC. #}
{% macro in_utc(column) -%}
    {{ adapter.dispatch('in_utc')(column) }}
{%- endmacro %}


{% macro default__in_utc(column) -%}
    cast({{ column }} as timestamp)
{%- endmacro %}


{% macro duckdb__in_utc(column) -%}
    ({{ column }} at time zone 'UTC')
{%- endmacro %}


{#
    A day written as MM/dd/yyyy; null when it is written in another way. Of two digits nobody knows
    the century, and a parser that takes them makes the year 26 of 26.
#}
{% macro from_us_date(column) -%}
    {{ adapter.dispatch('from_us_date')(column) }}
{%- endmacro %}


{% macro default__from_us_date(column) -%}
    cast(try_to_timestamp({{ column }}, 'MM/dd/yyyy') as date)
{%- endmacro %}


{% macro duckdb__from_us_date(column) -%}
    case
        when regexp_full_match({{ column }}, '[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}')
            then cast(try_strptime({{ column }}, '%m/%d/%Y') as date)
    end
{%- endmacro %}


{# How many days the last day is after the first; below zero when it is before. #}
{% macro days_between(first, last) -%}
    {{ adapter.dispatch('days_between')(first, last) }}
{%- endmacro %}


{% macro default__days_between(first, last) -%}
    datediff({{ last }}, {{ first }})
{%- endmacro %}


{% macro duckdb__days_between(first, last) -%}
    ({{ last }} - {{ first }})
{%- endmacro %}

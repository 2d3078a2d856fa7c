with

payments as (

    select * from {{ ref('fct_payments') }}

),

attempts as (

    select
        cast(date_trunc('month', created_at) as date) as payment_month,
        currency,
        coalesce(payment_method_type, 'unknown') as payment_method_type,
        case
            when status_phase = 'failed' then coalesce(failure_code, 'unknown')
            else 'none'
        end as failure_code,
        is_successful
    from payments

),

by_failure as (

    select
        payment_month,
        currency,
        payment_method_type,
        failure_code,
        count(*) as attempt_count,
        count(case when is_successful then 1 end) as success_count
    from attempts
    group by payment_month, currency, payment_method_type, failure_code

),

with_totals as (

    select
        *,
        cast(sum(attempt_count) over method_month as bigint) as method_attempt_count,
        cast(sum(success_count) over method_month as bigint) as method_success_count
    from by_failure
    window method_month as (partition by payment_month, currency, payment_method_type)

),

with_rates as (

    select
        *,
        {{ percent_of('attempt_count', 'method_attempt_count') }} as attempt_share_percent,
        {{ percent_of('method_success_count', 'method_attempt_count') }} as success_rate_percent
    from with_totals

)

select * from with_rates

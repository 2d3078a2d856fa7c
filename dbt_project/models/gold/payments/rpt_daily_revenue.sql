with

entries as (

    select * from {{ ref('int_payments__revenue_entries') }}

),

currencies as (

    select * from {{ ref('currencies') }}

),

daily as (

    select
        cast(created_at as date) as revenue_date,
        currency,
        count(case when measure = 'payment' then 1 end) as successful_payment_count,
        {{ sum_of('payment') }} as gross_amount,
        count(case when measure = 'refund' then 1 end) as refund_count,
        {{ sum_of('refund') }} as refunded_amount,
        count(case when measure in ('dispute', 'dispute lost') then 1 end) as dispute_count,
        {{ sum_of('dispute lost') }} as disputes_lost_amount,
        {{ sum_of('dispute withdrawn') }} as disputes_withdrawn_amount,
        {{ sum_of('dispute reinstated') }} as disputes_reinstated_amount,
        cast(sum(fee) as bigint) as fee_amount,
        cast(sum(net) as bigint) as net_amount
    from entries
    group by revenue_date, currency

),

with_major_units as (

    select
        daily.*,
        {{ minor_to_major('daily.gross_amount', 'currencies.minor_digits') }} as gross_major,
        {{ minor_to_major('daily.refunded_amount', 'currencies.minor_digits') }} as refunded_major,
        {{ minor_to_major('daily.fee_amount', 'currencies.minor_digits') }} as fee_major,
        {{ minor_to_major('daily.net_amount', 'currencies.minor_digits') }} as net_major
    from daily
    left join currencies on daily.currency = currencies.currency

)

select * from with_major_units

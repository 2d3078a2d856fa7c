with

payouts as (

    select * from {{ ref('fct_payouts') }}

),

entries as (

    select
        *,
        source_type as measure
    from {{ ref('int_payments__payout_entries') }}

),

entries_by_payout as (

    select
        payout_id,
        count(*) as entry_count,
        {{ sum_of('charge') }} as charges_amount,
        {{ sum_of('refund') }} as refunds_amount,
        {{ sum_of('dispute') }} as disputes_amount,
        {{ sum_of('payout') }} as payouts_amount,
        {{ sum_of('other') }} as other_amount,
        cast(sum(fee) as bigint) as fee_amount,
        cast(sum(net) as bigint) as entries_amount
    from entries
    group by payout_id

),

joined as (

    select
        payouts.payout_id,
        payouts.currency,
        payouts.status,
        payouts.status_phase,
        payouts.amount,
        payouts.amount_booked,
        payouts.amount_returned,
        coalesce(entries_by_payout.entry_count, 0) as entry_count,
        coalesce(entries_by_payout.charges_amount, 0) as charges_amount,
        coalesce(entries_by_payout.refunds_amount, 0) as refunds_amount,
        coalesce(entries_by_payout.disputes_amount, 0) as disputes_amount,
        coalesce(entries_by_payout.payouts_amount, 0) as payouts_amount,
        coalesce(entries_by_payout.other_amount, 0) as other_amount,
        coalesce(entries_by_payout.fee_amount, 0) as fee_amount,
        case
            when payouts.is_automatic then coalesce(entries_by_payout.entries_amount, 0)
            else payouts.amount_booked
        end as explained_amount,
        payouts.is_automatic,
        payouts.created_date,
        payouts.arrival_date
    from payouts
    left join entries_by_payout on payouts.payout_id = entries_by_payout.payout_id

),

compared as (

    select
        *,
        amount - explained_amount as difference_amount,
        amount = explained_amount and amount = amount_booked as is_explained
    from joined

)

{{ only_changed('compared') }}
